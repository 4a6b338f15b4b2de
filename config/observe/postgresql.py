"""Read PostgreSQL's own view, over one connection that bypasses the pools."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.conninfo import make_conninfo

from config.database.dsn import Server
from config.database.policy import PoolPolicy
from config.database.render.django import KEEPALIVE, get_application_name, get_tls_options
from config.database.render.slots import get_lock_class
from config.observe.catalogue import Reading
from config.observe.pgbouncer import PgBouncerState

CONNECT_LIMIT: Final = 2  # seconds, libpq's minimum
STATEMENT_LIMIT: Final = 1000  # ms
# Seconds that a login may take before PgBouncer knows its backend.
LOGIN_TIME: Final = 1.0

STATES: Final = {
    "active": "active",
    "fastpath function call": "active",
    "idle": "idle",
    "idle in transaction": "idle_in_transaction",
    "idle in transaction (aborted)": "idle_in_transaction",
}
LIMITS: Final = """
    SELECT current_setting('max_connections')::int,
           current_setting('superuser_reserved_connections')::int
               + coalesce(current_setting('reserved_connections', true)::int, 0)
"""
SESSIONS: Final = """
    SELECT sessions, sessions_abandoned, sessions_fatal, sessions_killed
    FROM pg_stat_database WHERE datname = current_database()
"""
BACKENDS: Final = "SELECT pid, role, application, state, age FROM entrance.backends()"
HOLDERS: Final = "SELECT class, count(DISTINCT pid) FROM entrance.holders() GROUP BY class"


class Backend(NamedTuple):
    pid: int
    role: str
    application: str
    state: str | None
    age: float


@dataclass(frozen=True)
class ServerState:
    """What PostgreSQL answered at `time` (of the monotonic clock)."""

    readings: list[Reading]
    backends: list[Backend]
    time: float


ABSENCE: Final = [Reading("ai4ceo_postgresql_up", (), 0)]


class ServerReader:
    """Keeps one connection as the role of POSTGRES_MONITOR_URL."""

    def __init__(self, server: Server, pools: Mapping[str, PoolPolicy]) -> None:
        self.server, self.pools = server, pools
        self._connection: psycopg.Connection[Any] | None = None

    def __call__(self) -> ServerState:
        """Raise psycopg.Error if PostgreSQL does not answer."""
        if self._connection:
            try:
                return self._read(self._connection)
            except psycopg.OperationalError:  # it was restarted
                self.close()
        connection = connect(self.server)
        try:
            state = self._read(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return state

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _read(self, connection: psycopg.Connection[Any]) -> ServerState:
        now = time.monotonic()
        backends = [Backend(*row) for row in connection.execute(BACKENDS)]
        limits = connection.execute(LIMITS).fetchone()
        sessions = connection.execute(SESSIONS).fetchone()
        taken = dict(connection.execute(HOLDERS).fetchall())
        readings = [
            Reading("ai4ceo_postgresql_up", (), 1),
            *_read_limits(limits, len(backends)),
            *_read_sessions(sessions),
            *(
                Reading("ai4ceo_pool_slots_taken", (name,), taken.get(get_lock_class(pool), 0))
                for name, pool in self.pools.items()
            ),
        ]
        return ServerState(readings, backends, now)


def connect(server: Server) -> psycopg.Connection[Any]:
    conninfo = make_conninfo(
        host=server.host,
        port=server.port,
        dbname=server.dbname,
        user=server.user,
        password=server.password,
        connect_timeout=CONNECT_LIMIT,
        application_name="ai4ceo metrics",
        options=f"-c statement_timeout={STATEMENT_LIMIT} -c search_path=pg_catalog",
        **{name: str(value) for name, value in KEEPALIVE.items()},
        **get_tls_options(server),
    )
    connection = psycopg.connect(conninfo, autocommit=True)
    # PostgreSQL itself may be frozen.
    raw: Any = connection
    raw.wait = partial(raw.wait, timeout=2 * STATEMENT_LIMIT / 1000)
    return connection


def _read_limits(row: Any, backends: int) -> Iterator[Reading]:
    most, reserved = row
    yield Reading("ai4ceo_postgresql_max_connections", (), most)
    left = max(0, most - reserved - backends)
    yield Reading("ai4ceo_postgresql_connections_left", (), left)


def _read_sessions(row: Any) -> Iterator[Reading]:
    for name, value in zip(("", "_abandoned", "_fatal", "_killed"), row, strict=True):
        yield Reading(f"ai4ceo_postgresql_sessions{name}_total", (), value)


def read_limits(pools: Mapping[str, PoolPolicy]) -> Iterator[Reading]:
    """Yield the policy's limits of the pools' backends."""
    for name, pool in pools.items():
        slots, limit = pool.slots, pool.count_backends()
        yield Reading("ai4ceo_pool_slots", (name,), slots)
        yield Reading("ai4ceo_pool_backend_limit", (name,), limit)
        yield Reading("ai4ceo_pool_head_room", (name,), limit - slots)


class Roles:
    """Tells which pool a backend belongs to."""

    def __init__(self, pools: Mapping[str, PoolPolicy], servers: Mapping[str, Server]) -> None:
        self.names = {get_application_name(pool): name for name, pool in pools.items()}
        users = [server.user for server in servers.values()]
        self.users = {
            server.user: name for name, server in servers.items() if users.count(server.user) == 1
        }

    def find_pool(self, backend: Backend) -> str:
        """Return the pool's name; a client may have changed the name of its application."""
        by_name = self.names.get(backend.application, "other")
        return self.users.get(backend.role, by_name)


def count_backends(
    state: ServerState, roles: Roles, consoles: Mapping[str, PgBouncerState | None]
) -> Iterator[Reading]:
    """Yield backends by pool and state, and abandoned ones of pools whose console answered."""
    pools = [(roles.find_pool(backend), backend) for backend in state.backends]
    states = {
        (name, text): 0 for name in (*consoles, "other") for text in (*STATES.values(), "other")
    }
    states |= Counter((name, STATES.get(one.state or "", "other")) for name, one in pools)
    for labels, count in states.items():
        yield Reading("ai4ceo_postgresql_backends", labels, count)
    for name, console in consoles.items():
        if console:
            abandoned = sum(
                backend.pid not in console.pids
                # A younger one may have logged in after PgBouncer was asked.
                and backend.age > state.time - console.time + LOGIN_TIME
                for pool, backend in pools
                if pool == name
            )
            yield Reading("ai4ceo_postgresql_abandoned_backends", (name,), abandoned)
