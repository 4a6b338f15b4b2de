"""The policy of the two connection pools: the only place where their numbers stand.

Pure: no environment, no connection. `settings.py` hands the overrides in; everything that
limits a connection (DATABASES, both pgbouncer.ini, role limits, gunicorn's threads, the
system checks) is rendered from the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final


class PolicyError(ValueError):
    """An override that cannot be used; the text names variable, value and allowed range."""


def define_number(variable: str, unit: str, low: int, high: int, source: str) -> Any:
    """A policy number: its variable's suffix, its unit, its range and where it comes from."""
    return field(
        metadata={"variable": variable, "unit": unit, "low": low, "high": high, "source": source}
    )


@dataclass(frozen=True, kw_only=True)
class PoolPolicy:
    """What one pool may use. Every number is a whole one, in the unit that its field names."""

    name: str
    alias: str
    max_connections: int = define_number(
        "MAX",
        "server connections",
        1,
        500,
        "the requirement; the replaced system answered 152 requests/s with 10",
    )
    idle_timeout: int = define_number(
        "IDLE_TIMEOUT", "s", 1, 3600, "the requirement; 20 s was the replaced system's"
    )
    max_lifetime: int = define_number(
        "MAX_LIFETIME", "s", 10, 86400, "the requirement; bounds what a server process hoards"
    )
    connect_timeout: int = define_number(
        "CONNECT_TIMEOUT", "s", 2, 60, "the requirement; libpq knows no less than 2 s"
    )
    query_wait_timeout: int = define_number(
        "QUERY_WAIT_TIMEOUT",
        "s",
        1,
        300,
        "the requirement; with the statement timeout it stays below gunicorn's graceful timeout",
    )
    statement_timeout: int = define_number(
        "STATEMENT_TIMEOUT", "s, 0 for none", 0, 3600, "the requirement; migrations may take long"
    )
    idle_in_transaction_timeout: int = define_number(
        "IDLE_IN_TRANSACTION_TIMEOUT",
        "s",
        1,
        3600,
        "as long as the web's longest statement: a held transaction is a held connection",
    )
    client_check_interval: int = define_number(
        "CLIENT_CHECK_INTERVAL",
        "ms",
        10,
        1000,
        "a tenth of the second in which the requirement wants an abandoned query to end, since it "
        "holds a slot until then, for which others wait; the check is one system call",
    )
    max_client_conn: int = define_number(
        "MAX_CLIENT_CONN",
        "client connections",
        10,
        10000,
        "at least twice the clients, since a reload runs old and new workers side by side",
    )
    listen_port: int = define_number(
        "PORT", "port", 1024, 65535, "6432 is PgBouncer's registered port; the next one is free"
    )

    def count_slots(self, replicas: int) -> int:
        """The server connections that PostgreSQL lets all `replicas` sidecars have together."""
        return self.max_connections * replicas

    @property
    def query_timeout(self) -> int:
        """After so many seconds PgBouncer gives up a server that says nothing; 0 for never.

        PostgreSQL ends a statement before that, unless it is frozen or out of reach.
        """
        return self.statement_timeout + QUERY_TIMEOUT_MARGIN if self.statement_timeout else 0

    def count_backends(self, replicas: int) -> int:
        """The most backends that `replicas` sidecars of this pool can cause in PostgreSQL.

        A backend holds a slot, PgBouncer's still or abandoned; or it is the one login that a
        PgBouncer makes at a time and waits for a slot. As many again are on their way out: one
        has given back its slot, which the next may have, a moment before it no longer counts,
        and a login that PgBouncer gave up waits on until `client_check_interval` has passed.
        """
        return 2 * (self.count_slots(replicas) + replicas)


WEB: Final = PoolPolicy(
    name="web",
    alias="default",
    max_connections=10,
    idle_timeout=20,
    max_lifetime=1800,
    connect_timeout=10,
    query_wait_timeout=10,
    statement_timeout=15,
    idle_in_transaction_timeout=15,
    client_check_interval=100,
    max_client_conn=400,
    listen_port=6432,
)

JOBS: Final = PoolPolicy(
    name="jobs",
    alias="jobs",
    max_connections=2,
    idle_timeout=10,
    max_lifetime=600,
    connect_timeout=5,
    query_wait_timeout=30,
    statement_timeout=0,
    idle_in_transaction_timeout=15,
    client_check_interval=100,
    max_client_conn=50,
    listen_port=6433,
)

# How long a client waits for a PgBouncer that is being restarted, in seconds: nobody listened
# for up to 0.06 s in a supervised restart, and for up to 1.02 s after a kill (10 measured each).
RESTART_WAIT: Final = 2.0

# How long /readyz, and each attempt of a command that waits, wait for their one statement, in
# seconds: longer than a restart, and shorter than the queue, since a probe wants to know soon.
PROBE_WAIT: Final = 5.0

# How much later than the statement timeout a server's word on it may arrive, in seconds.
QUERY_TIMEOUT_MARGIN: Final = 2


# Backends of the tools that go around the pools, as a shell and a backup at the same time.
ADMIN_CONNECTIONS: Final = 2


def count_all_backends(pools: Iterable[PoolPolicy], replicas: int) -> int:
    """The most backends that `replicas` sidecars of all these pools can cause in PostgreSQL, and
    the tools around them."""
    return sum(pool.count_backends(replicas) for pool in pools) + ADMIN_CONNECTIONS


def list_variables(policy: PoolPolicy) -> dict[str, str]:
    """The environment variables that override `policy`, each with the field that it sets."""
    return {
        f"POOL_{policy.name.upper()}_{knob.metadata['variable']}": knob.name
        for knob in fields(policy)
        if knob.metadata
    }


def override(policy: PoolPolicy, environment: Mapping[str, str]) -> PoolPolicy:
    """`policy` with the numbers that `environment` gives.

    Raises PolicyError, naming the variable, its value and the allowed range, for anything
    that is not a whole number within that range.
    """
    changes: dict[str, Any] = {
        name: _parse_number(policy, name, variable, environment[variable])
        for variable, name in list_variables(policy).items()
        if environment.get(variable, "") != ""
    }
    return replace(policy, **changes)


def _parse_number(policy: PoolPolicy, name: str, variable: str, value: str) -> int:
    knob = next(knob for knob in fields(policy) if knob.name == name).metadata
    if value.isascii() and value.isdigit() and knob["low"] <= int(value) <= knob["high"]:
        return int(value)
    raise PolicyError(
        f"{variable}={value!r} is not allowed: give a whole number from {knob['low']} to "
        f"{knob['high']} ({knob['unit']}), or remove it for the default {getattr(policy, name)}."
    )
