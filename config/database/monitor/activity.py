"""Query PostgreSQL for the backends and slot holders of the pools' roles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, cast

from django.db import ProgrammingError, connections
from django.db.backends.utils import CursorWrapper

from config.database.backend.base import DatabaseWrapper

# Seconds each for login and statement: a full pool must not delay the figures.
QUERY_TIMEOUT: Final = 2

# Without pg_read_all_stats, other roles' backends show only pid and role.
LIST_BACKENDS: Final = """
    SELECT pid, usename, state, extract(epoch FROM clock_timestamp() - backend_start)::float8,
           pid = pg_backend_pid()
    FROM pg_stat_activity
    WHERE usename = ANY(%s) AND coalesce(backend_type, 'client backend') = 'client backend'
"""


LIST_HOLDERS: Final = "SELECT class, pid, role FROM entrance.holders()"
END_HOLDER: Final = "SELECT entrance.end_holder(%s, %s)"


@dataclass(frozen=True)
class SlotHolder:
    """A session that holds a slot of the lock class `class_`."""

    class_: int
    pid: int
    role: str


@dataclass(frozen=True)
class Backend:
    """A row of pg_stat_activity; `state` and `age` (in seconds) are None if hidden."""

    pid: int
    role: str
    state: str | None
    age: float | None
    is_own_query: bool = False


@dataclass(frozen=True, kw_only=True)
class RoleStatus:
    """The backends of one role; None if hidden.

    `oldest` is in seconds. `abandoned` are those that are no server connection of this site's
    PgBouncers: their clients left, or they belong to another host or client.
    """

    backends: int
    active: int | None
    idle: int | None
    idle_in_transaction: int | None
    oldest: float | None
    abandoned: int | None


def list_backends(roles: Collection[str]) -> list[Backend]:
    """Return the backends of these roles, queried through the jobs pool.

    Raise OperationalError if there is no answer within QUERY_TIMEOUT.
    """
    with _cursor() as cursor:
        cursor.execute(LIST_BACKENDS, [list(roles)])
        return [Backend(*row) for row in cursor.fetchall()]


def list_slot_holders() -> list[SlotHolder]:
    """Return the slot holders of all pools; empty if the server lacks the function."""
    try:
        with _cursor() as cursor:
            cursor.execute(LIST_HOLDERS)
            return [SlotHolder(*row) for row in cursor.fetchall()]
    except ProgrammingError:
        return []


def end_session(holder: SlotHolder) -> bool:
    """End the session if it still holds its slot; return whether it did."""
    with _cursor() as cursor:
        cursor.execute(END_HOLDER, [holder.class_, holder.pid])
        return bool(cursor.fetchone()[0])


@contextmanager
def _cursor() -> Iterator[CursorWrapper]:
    connection = cast("DatabaseWrapper", connections["jobs"])
    try:
        with connection.limit_time(QUERY_TIMEOUT), connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def exclude_own_query(backends: Iterable[Backend], before: Collection[int]) -> list[Backend]:
    """Return the backends as they were before this query, when PgBouncer had the pids `before`."""
    return [
        Backend(one.pid, one.role, "idle", one.age) if one.is_own_query else one
        for one in backends
        if not one.is_own_query or one.pid in before
    ]


def summarize_role(backends: Iterable[Backend], known: Collection[int] | None) -> RoleStatus:
    """Return the figures of one role's backends; `known` are PgBouncer's pids."""
    rows = list(backends)
    visible = all(row.state is not None for row in rows)
    return RoleStatus(
        backends=len(rows),
        active=_count(rows, "active") if visible else None,
        idle=_count(rows, "idle") if visible else None,
        idle_in_transaction=_count(rows, "idle in transaction") if visible else None,
        oldest=max((row.age for row in rows if row.age is not None), default=None),
        abandoned=None if known is None else sum(row.pid not in known for row in rows),
    )


def _count(backends: Iterable[Backend], state: str) -> int:
    # A failed transaction counts as idle in transaction.
    return sum((row.state or "").removesuffix(" (aborted)") == state for row in backends)
