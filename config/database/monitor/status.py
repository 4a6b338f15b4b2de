"""Both pools at a glance: what the consoles and PostgreSQL say at one moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from django.db import Error

from config.database.dsn import Server
from config.database.errors import summarize
from config.database.monitor.activity import (
    QUERY_TIMEOUT,
    RoleStatus,
    exclude_own_query,
    list_backends,
    list_slot_holders,
    summarize_role,
)
from config.database.monitor.console import ADMIN_DATABASE, Console, ConsoleError, PauseTimeoutError
from config.database.monitor.slot_holders import StrayHolder, end_stray_holders
from config.database.policy import PoolPolicy

Rows = list[dict[str, Any]]

# Seconds: even where no transaction is open, PgBouncer has to close its connections.
MIN_PAUSE_TIME: Final = 0.2


@dataclass(frozen=True, kw_only=True)
class PoolStatus:
    """A pool as its PgBouncer shows it; what caps it is what that process has in force.

    `in_use`, `idle` and `logging_in` (or being tested) are server connections, of which there
    are `pool_size` at most; `clients`, of which `waiting` queue, may be `max_client_conn`.
    `longest_wait` is that of the first in the queue, and after `query_wait_timeout` it ends
    with an error; both in seconds. `pids` are the backends of the server connections.
    """

    version: str
    paused: bool
    in_use: int
    idle: int
    logging_in: int
    pool_size: int
    clients: int
    max_client_conn: int
    waiting: int
    longest_wait: float
    query_wait_timeout: float
    pids: frozenset[int] = field(repr=False)

    @property
    def servers(self) -> int:
        """All server connections."""
        return self.in_use + self.idle + self.logging_in


def get_pool_status(console: Console) -> PoolStatus:
    """Ask one console."""
    config = {row["key"]: row["value"] for row in console.show("CONFIG")}
    return PoolStatus(
        version=".".join(str(part) for part in console.version),
        paused=console.is_paused(),
        pool_size=console.get_entry()["pool_size"],
        max_client_conn=int(config["max_client_conn"]),
        query_wait_timeout=float(config["query_wait_timeout"]),
        pids=list_server_pids(console),
        **summarize_usage(console.show("POOLS"), console.show("LISTS")),
    )


def summarize_usage(pools: Rows, lists: Rows) -> dict[str, Any]:
    """The figures that SHOW POOLS and SHOW LISTS have, without the console and those on it."""
    rows = [row for row in pools if row["database"] != ADMIN_DATABASE]
    everybody = next(row["items"] for row in lists if row["list"] == "used_clients")
    on_consoles = sum(row["cl_active"] for row in pools if row["database"] == ADMIN_DATABASE)

    def total(*columns: str) -> int:
        return sum(row[column] for row in rows for column in columns)

    return {
        "in_use": total("sv_active", "sv_active_cancel", "sv_being_canceled"),
        # Those that are "used" wait for a test before they are idle again.
        "idle": total("sv_idle", "sv_used"),
        "logging_in": total("sv_login", "sv_tested"),
        "clients": max(0, everybody - on_consoles),
        "waiting": total("cl_waiting"),
        "longest_wait": max((row["maxwait"] + row["maxwait_us"] / 1e6 for row in rows), default=0),
    }


def list_server_pids(console: Console) -> frozenset[int]:
    """The backends that this PgBouncer has as server connections."""
    return frozenset(row["remote_pid"] for row in console.show("SERVERS"))


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Each pool and each role, by name; None, and the reason in `errors`, for what is away.

    `ended` are the sessions that held a slot which was not theirs.
    """

    pools: Mapping[str, PoolStatus | None]
    roles: Mapping[str, RoleStatus] | None
    errors: Mapping[str, str]
    ended: Sequence[StrayHolder] = ()
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def to_dict(self) -> dict[str, Any]:
        """The same for JSON, by the names of the fields."""
        pools = {name: asdict(pool) if pool else None for name, pool in self.pools.items()}
        for pool in filter(None, pools.values()):
            del pool["pids"]
        roles = None
        if self.roles is not None:
            roles = {role: asdict(status) for role, status in self.roles.items()}
        now = self.time.isoformat(timespec="milliseconds")
        ended = [asdict(holder) for holder in self.ended]
        errors = dict(self.errors)
        return {"time": now, "pools": pools, "roles": roles, "errors": errors, "ended": ended}


def get_overview(
    policies: Mapping[str, PoolPolicy], servers: Mapping[str, Server], *, replicas: int
) -> Overview:
    """Ask both consoles and, through the jobs pool, PostgreSQL; never raises for their absence.

    Sessions that hold a slot which is not theirs are ended.
    """
    errors: dict[str, str] = {}
    pools = {name: _try_pool_status(policy, errors) for name, policy in policies.items()}
    roles, ended = None, list[StrayHolder]()
    try:
        roles = _get_roles(policies, servers, pools)
        ended = _end_stray_holders(policies, servers, pools, is_only_replica=replicas == 1)
    except (ConsoleError, Error) as error:
        errors["postgresql"] = summarize(error, QUERY_TIMEOUT)
    return Overview(pools=pools, roles=roles, errors=errors, ended=ended)


def _end_stray_holders(
    policies: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    pools: Mapping[str, PoolStatus | None],
    *,
    is_only_replica: bool,
) -> list[StrayHolder]:
    """End who holds a slot without being a server connection, before and after they were seen."""
    seen = list_slot_holders()
    known = {name: pool.pids | _fetch_pids(policies[name]) for name, pool in pools.items() if pool}
    return list(end_stray_holders(seen, policies, servers, known, is_only_replica=is_only_replica))


def _try_pool_status(policy: PoolPolicy, errors: dict[str, str]) -> PoolStatus | None:
    try:
        with Console(policy) as console:
            return get_pool_status(console)
    except ConsoleError as error:
        errors[policy.name] = str(error)
        return None


def _get_roles(
    policies: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    pools: Mapping[str, PoolStatus | None],
) -> dict[str, RoleStatus]:
    if reason := _explain_unavailable(pools["jobs"]):
        raise ConsoleError(reason)
    before = {name: pool.pids for name, pool in pools.items() if pool}
    rows = exclude_own_query(
        list_backends({server.user for server in servers.values()}), before["jobs"]
    )
    known = {name: pids | _fetch_pids(policies[name]) for name, pids in before.items()}
    return {
        role: summarize_role(
            [row for row in rows if row.role == role], _select_pids(role, servers, known)
        )
        for role in dict.fromkeys(server.user for server in servers.values())
    }


def _explain_unavailable(jobs: PoolStatus | None) -> str:
    """Why asking through the jobs pool would be in vain; empty where it would not.

    PgBouncer keeps whoever gave up in its queue, so that asking in vain must not be repeated.
    """
    if jobs is None:
        return "the jobs pool does not answer"
    if jobs.paused:
        return "the jobs pool is paused"
    return "clients wait for the jobs pool already" if jobs.waiting else ""


def _fetch_pids(policy: PoolPolicy) -> frozenset[int]:
    # Read before and after: whatever came or went in between is not abandoned.
    with Console(policy) as console:
        return list_server_pids(console)


def _select_pids(
    role: str, servers: Mapping[str, Server], known: Mapping[str, frozenset[int]]
) -> frozenset[int] | None:
    """The pids of all the pools that use the role; None where one of them is away."""
    names = [name for name, server in servers.items() if server.user == role]
    if not known.keys() >= set(names):
        return None
    return frozenset().union(*(known[name] for name in names))


def resume(console: Console) -> str:
    """Let the pool's clients go on; what happened, in words."""
    return "goes on" if console.resume() else "was not paused"


def reconnect(console: Console) -> str:
    """Have each server connection closed when it is released, and a new one made."""
    console.run("RECONNECT")
    return "each server connection is replaced as soon as it is free"


def reload(console: Console) -> str:
    """Have the ini file read again."""
    console.run("RELOAD")
    return "has read its file again"


ACTIONS: Final[dict[str, Callable[[Console], str]]] = {
    "resume": resume,
    "reconnect": reconnect,
    "reload": reload,
}


def pause(policies: Sequence[PoolPolicy], seconds: float | None) -> dict[str, float | None]:
    """Pause all of these pools, in this order, or none.

    How long each took, in seconds; None for one that was paused already. Each has `seconds`,
    by default half of what its clients wait. Raises ConsoleError where one cannot be paused in
    that time, or on Ctrl-C; that, like all else that ends it early, leaves no pool held back.
    """
    durations: dict[str, float | None] = {}
    held: list[PoolPolicy] = []
    with ExitStack() as stack:
        consoles = [stack.enter_context(Console(policy)) for policy in policies]
        try:
            for console in consoles:
                durations[console.pool.name] = _pause(console, seconds, held)
        except (PauseTimeoutError, KeyboardInterrupt) as error:
            reason = str(error) or "interrupted"
            raise ConsoleError(f"{console.pool.name}: {reason}. {_resume_all(held)}") from error
        except BaseException:
            _resume_all(held)
            raise
    return durations


def describe_pause(policy: PoolPolicy, duration: float | None) -> str:
    """What a pause of the pool means for its clients, in words."""
    how = "was paused already" if duration is None else f"paused in {duration:.1f} s"
    return f"{how}; whoever waits for it longer than {policy.query_wait_timeout} s is refused"


def _pause(console: Console, seconds: float | None, held: list[PoolPolicy]) -> float | None:
    if console.is_paused():
        return None
    began = time.monotonic()
    held.append(console.pool)
    limit = console.pool.query_wait_timeout / 2 if seconds is None else seconds
    console.pause(max(limit, MIN_PAUSE_TIME))
    return time.monotonic() - began


def _resume_all(policies: Iterable[PoolPolicy]) -> str:
    """What came of letting the clients of all of these go on, in words."""
    failures = []
    for policy in policies:
        try:
            with Console(policy) as console:
                console.resume()
        except ConsoleError as error:
            failures.append(str(error))
    return " ".join(failures) or "No pool is held back by it any more."
