"""Collect the status of the pools from the consoles and PostgreSQL; pause and resume them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
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
from config.database.monitor.console import (
    ADMIN_DATABASE,
    TIME_LIMIT,
    Console,
    ConsoleError,
    PauseTimeoutError,
)
from config.database.monitor.slot_holders import StrayHolder, end_stray_holders
from config.database.policy import PoolPolicy
from config.database.sizing.state import PoolSize, read_sizes

Rows = list[dict[str, Any]]

# Seconds: PgBouncer has to close its connections even if no transaction is open.
MIN_PAUSE_TIME: Final = 0.2


@dataclass(frozen=True, kw_only=True)
class PoolStatus:
    """A pool's figures, and the limits that its PgBouncer process has loaded.

    `in_use`, `idle` and `logging_in` (or being tested) count server connections, at most
    `pool_size`; `clients`, of which `waiting` queue, are at most `max_client_conn`.
    `longest_wait` is that of the first client in the queue, which gets an error after
    `query_wait_timeout`; both in seconds. `pids` are the server connections' backends.
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
        return self.in_use + self.idle + self.logging_in


def get_pool_status(console: Console) -> PoolStatus:
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
    """Return the figures of SHOW POOLS and SHOW LISTS, without the console and its clients."""
    rows = [row for row in pools if row["database"] != ADMIN_DATABASE]
    everybody = next(row["items"] for row in lists if row["list"] == "used_clients")
    on_consoles = sum(row["cl_active"] for row in pools if row["database"] == ADMIN_DATABASE)

    def total(*columns: str) -> int:
        return sum(row[column] for row in rows for column in columns)

    return {
        "in_use": total("sv_active", "sv_active_cancel", "sv_being_canceled"),
        # "Used" ones wait for a test before they are idle again.
        "idle": total("sv_idle", "sv_used"),
        "logging_in": total("sv_login", "sv_tested"),
        "clients": max(0, everybody - on_consoles),
        "waiting": total("cl_waiting"),
        "longest_wait": max((row["maxwait"] + row["maxwait_us"] / 1e6 for row in rows), default=0),
    }


def list_server_pids(console: Console) -> frozenset[int]:
    return frozenset(row["remote_pid"] for row in console.show("SERVERS"))


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Each pool and each role by name; None if unavailable, with the reason in `errors`.

    `ended` are the sessions that were ended because they held another pool's slot; `sizes` those
    of the pools whose size changes.
    """

    pools: Mapping[str, PoolStatus | None]
    roles: Mapping[str, RoleStatus] | None
    errors: Mapping[str, str]
    ended: Sequence[StrayHolder] = ()
    sizes: Mapping[str, PoolSize] = field(default_factory=dict)
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def to_dict(self) -> dict[str, Any]:
        pools = {name: asdict(pool) if pool else None for name, pool in self.pools.items()}
        for pool in filter(None, pools.values()):
            del pool["pids"]
        roles = None
        if self.roles is not None:
            roles = {role: asdict(status) for role, status in self.roles.items()}
        now = self.time.isoformat(timespec="milliseconds")
        ended = [asdict(holder) for holder in self.ended]
        sizes = {name: asdict(size) for name, size in self.sizes.items()}
        rest = {"errors": dict(self.errors), "ended": ended, "sizes": sizes}
        return {"time": now, "pools": pools, "roles": roles, **rest}


def get_overview(policies: Mapping[str, PoolPolicy], servers: Mapping[str, Server]) -> Overview:
    """Collect the overview, and end sessions that hold another pool's slot."""
    overview = collect_overview(policies, servers)
    if overview.roles is None:
        return overview
    try:
        ended = _end_stray_holders(policies, servers, overview.pools)
    except (ConsoleError, Error) as error:
        reason = {"postgresql": summarize(error, QUERY_TIMEOUT)}
        return replace(overview, errors={**overview.errors, **reason})
    return replace(overview, ended=ended)


def collect_overview(policies: Mapping[str, PoolPolicy], servers: Mapping[str, Server]) -> Overview:
    """Query both consoles and, through the jobs pool, PostgreSQL; never raise for an outage."""
    pools, errors = list_pools(policies)
    roles: dict[str, RoleStatus] | None
    try:
        roles = _get_roles(policies, servers, pools)
    except (ConsoleError, Error) as error:
        errors["postgresql"] = summarize(error, QUERY_TIMEOUT)
        roles = None
    sizes = read_sizes()
    if sizes.failure:
        errors["sizes"] = sizes.failure
    return Overview(pools=pools, roles=roles, errors=errors, sizes=sizes.pools)


def list_pools(
    policies: Mapping[str, PoolPolicy], *, time_limit: int = TIME_LIMIT
) -> tuple[dict[str, PoolStatus | None], dict[str, str]]:
    """Query the consoles only; return each pool's status, and the errors of those without.

    A console that does not answer costs `time_limit` seconds.
    """
    errors: dict[str, str] = {}
    pools = {
        name: _try_pool_status(policy, errors, time_limit) for name, policy in policies.items()
    }
    return pools, errors


def _end_stray_holders(
    policies: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    pools: Mapping[str, PoolStatus | None],
) -> list[StrayHolder]:
    # The pids are read before and after the holders: a connection may open or close meanwhile.
    holders = list_slot_holders()
    known = {name: pool.pids | _fetch_pids(policies[name]) for name, pool in pools.items() if pool}
    return list(end_stray_holders(holders, policies, servers, known))


def _try_pool_status(
    policy: PoolPolicy, errors: dict[str, str], time_limit: int
) -> PoolStatus | None:
    try:
        with Console(policy, time_limit=time_limit) as console:
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
    """Return why a query through the jobs pool would fail; empty if it would not.

    PgBouncer keeps clients that gave up in its queue, so such queries must not pile up.
    """
    if jobs is None:
        return "the jobs pool does not answer"
    if jobs.paused:
        return "the jobs pool is paused"
    return "clients wait for the jobs pool already" if jobs.waiting else ""


def _fetch_pids(policy: PoolPolicy) -> frozenset[int]:
    # Read before and after: what opened or closed in between is not abandoned.
    with Console(policy) as console:
        return list_server_pids(console)


def _select_pids(
    role: str, servers: Mapping[str, Server], known: Mapping[str, frozenset[int]]
) -> frozenset[int] | None:
    """Return the pids of all pools that use the role; None if one is unavailable."""
    names = [name for name, server in servers.items() if server.user == role]
    if not known.keys() >= set(names):
        return None
    return frozenset().union(*(known[name] for name in names))


def resume(console: Console) -> str:
    return "resumed" if console.resume() else "was not paused"


def reconnect(console: Console) -> str:
    console.run("RECONNECT")
    return "each server connection will be replaced when it is free"


def reload(console: Console) -> str:
    console.run("RELOAD")
    return "configuration reloaded"


ACTIONS: Final[dict[str, Callable[[Console], str]]] = {
    "resume": resume,
    "reconnect": reconnect,
    "reload": reload,
}


def pause(policies: Sequence[PoolPolicy], seconds: float | None) -> dict[str, float | None]:
    """Pause all of these pools, in this order, or none; return the seconds that each took.

    None means that the pool was paused already. Each has `seconds`, by default half of its
    query wait. Raise ConsoleError on a timeout or Ctrl-C; any exception resumes the pools.
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
    how = "was paused already" if duration is None else f"paused in {duration:.1f} s"
    return f"{how}; clients that wait longer than {policy.query_wait_timeout} s get an error"


def _pause(console: Console, seconds: float | None, held: list[PoolPolicy]) -> float | None:
    if console.is_paused():
        return None
    began = time.monotonic()
    held.append(console.pool)
    limit = console.pool.query_wait_timeout / 2 if seconds is None else seconds
    console.pause(max(limit, MIN_PAUSE_TIME))
    return time.monotonic() - began


def _resume_all(policies: Iterable[PoolPolicy]) -> str:
    """Resume all of these pools; return the outcome as a sentence."""
    failures = []
    for policy in policies:
        try:
            with Console(policy) as console:
                console.resume()
        except ConsoleError as error:
            failures.append(str(error))
    return " ".join(failures) or "All pools were resumed."
