"""What PostgreSQL says of the pools' roles: its backends beside PgBouncer's connections."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, cast

from django.db import ProgrammingError, connections
from django.db.backends.utils import CursorWrapper

from config.database.backend.base import DatabaseWrapper

# Seconds for the login, and again for the statement: a full pool must not hold the figures up.
QUERY_TIMEOUT: Final = 2

# A backend of another role shows its process and role only, unless one may read all statistics.
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
    """A session that has a slot of the lock class `class_`."""

    class_: int
    pid: int
    role: str


@dataclass(frozen=True)
class Backend:
    """A row of pg_stat_activity; `state` and `age` (in seconds) are None where they are hidden."""

    pid: int
    role: str
    state: str | None
    age: float | None
    is_own_query: bool = False


@dataclass(frozen=True, kw_only=True)
class RoleStatus:
    """The backends of one role. None for what cannot be seen.

    `oldest` is in seconds. `abandoned` are those that no PgBouncer of this site has as a server
    connection: their clients went away, or another replica or somebody else made them.
    """

    backends: int
    active: int | None
    idle: int | None
    idle_in_transaction: int | None
    oldest: float | None
    abandoned: int | None


def list_backends(roles: Collection[str]) -> list[Backend]:
    """The backends of these roles, asked for through the jobs pool.

    Raises OperationalError where no answer comes within LIMIT.
    """
    with _cursor() as cursor:
        cursor.execute(LIST_BACKENDS, [list(roles)])
        return [Backend(*row) for row in cursor.fetchall()]


def list_slot_holders() -> list[SlotHolder]:
    """Who has a slot, of any pool; nobody where the server cannot be asked for it."""
    try:
        with _cursor() as cursor:
            cursor.execute(LIST_HOLDERS)
            return [SlotHolder(*row) for row in cursor.fetchall()]
    except ProgrammingError:
        return []


def end_session(holder: SlotHolder) -> bool:
    """End the session if it still has its slot; whether it had."""
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
    """The backends as they were before somebody asked, when PgBouncer had those pids."""
    return [
        Backend(one.pid, one.role, "idle", one.age) if one.is_own_query else one
        for one in backends
        if not one.is_own_query or one.pid in before
    ]


def summarize_role(backends: Iterable[Backend], known: Collection[int] | None) -> RoleStatus:
    """The figures of one role's backends; `known` are the pids that PgBouncer has."""
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
    # A transaction that has failed is idle in it as well.
    return sum((row.state or "").removesuffix(" (aborted)") == state for row in backends)
