"""Read the state of a PgBouncer process from its console."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from config.database.monitor.console import ADMIN_DATABASE, Console
from config.database.monitor.kept_console import KeptConsole
from config.database.monitor.status import list_server_pids
from config.database.policy import PoolPolicy
from config.observe.catalogue import CONFIG, DATABASES, LISTS, POOLS, STATS_TOTALS, Reading

# Seconds for the login and for each command.
TIME_LIMIT: Final = 2

Row = dict[str, Any]


@dataclass(frozen=True)
class PgBouncerState:
    """The readings, and the backends that PgBouncer knew at `time` (of the monotonic clock)."""

    readings: list[Reading]
    pids: frozenset[int]
    time: float


class PgBouncerReader:
    def __init__(self, pool: PoolPolicy) -> None:
        self._console = KeptConsole(pool, time_limit=TIME_LIMIT)

    def __call__(self) -> PgBouncerState:
        """Raise ConsoleError if the console does not answer."""
        return self._console.ask(read_state)

    def close(self) -> None:
        self._console.close()


def build_absence(pool: str) -> list[Reading]:
    return [Reading("pgbouncer_up", (pool,), 0)]


def read_state(console: Console) -> PgBouncerState:
    began = time.monotonic()
    return PgBouncerState(list(_read(console)), list_server_pids(console), began)


def _read(console: Console) -> Iterator[Reading]:
    pool = console.pool.name
    yield Reading("pgbouncer_up", (pool,), 1)
    version = ".".join(map(str, console.version))
    yield Reading("pgbouncer_version_info", (pool, version), 1)
    yield from read_idle(console)
    is_paused = console.is_paused()
    for row in _select(console.show("DATABASES"), "name"):
        yield from _read_database(pool, row | {"paused": is_paused})
    for row in _select(console.show("POOLS"), "database"):
        yield from _read_pool(pool, row)
    for row in _select(console.show("STATS_TOTALS"), "database"):
        for column, (name, factor, _) in STATS_TOTALS.items():
            labels = (pool, row["database"])
            yield Reading(f"pgbouncer_stats_{name}", labels, float(row[column]) * factor)
    for row in console.show("LISTS"):
        if row["list"] in LISTS:
            yield Reading(f"pgbouncer_{row['list']}", (pool,), row["items"])
    for row in console.show("CONFIG"):
        if row["key"] in CONFIG:
            name = f"pgbouncer_config_{CONFIG[row['key']][0]}"
            yield Reading(name, (pool,), float(row["value"]))


def read_idle(console: Console) -> Iterator[Reading]:
    pool = console.pool
    # The console's own request is the latest. Both are in PgBouncer's local time.
    now = max(_parse_time(row["request_time"]) for row in console.show("CLIENTS"))
    idle = [
        (now - _parse_time(row["request_time"])).total_seconds()
        for row in console.show("SERVERS")
        if row["state"] in ("idle", "used")
    ]
    longest, limit = max(idle, default=0), pool.server_idle_timeout
    yield Reading("ai4ceo_server_connections_longest_idle_seconds", (pool.name,), longest)
    yield Reading("ai4ceo_server_connections_idle_timeout_seconds", (pool.name,), limit)


def _parse_time(text: str) -> datetime:
    """Parse a time such as 2026-11-27 16:20:01 CET, without its zone."""
    return datetime.fromisoformat(text[:19])


def _select(rows: list[Row], column: str) -> Iterator[Row]:
    return (row for row in rows if row[column] != ADMIN_DATABASE)


def _read_database(pool: str, row: Row) -> Iterator[Reading]:
    columns = ("name", "host", "port", "database", "force_user", "pool_mode")
    labels = (pool, *(str(row[column] or "") for column in columns))
    # PgBouncer 1.24 has renamed a column.
    row = {"reserve_pool": row.get("reserve_pool_size", 0)} | row
    for column, (name, _) in DATABASES.items():
        yield Reading(f"pgbouncer_databases_{name}", labels, float(row[column]))


def _read_pool(pool: str, row: Row) -> Iterator[Reading]:
    labels = (pool, row["database"], row["user"])
    for column, (name, _) in POOLS.items():
        yield Reading(f"pgbouncer_pools_{name}", labels, row[column])
    wait = row["maxwait"] + row["maxwait_us"] / 1e6
    yield Reading("pgbouncer_pools_client_maxwait_seconds", labels, wait)
