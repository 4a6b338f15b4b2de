"""The policy of the connection pools: the only place that defines their numbers.

Pure: no environment, no connection. `settings.py` passes the overrides in; everything that
limits a connection (DATABASES, the ini files, role limits, gunicorn's threads, the system
checks) is rendered from the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final


class PolicyError(ValueError):
    """An invalid override. The message names the variable, its value and the allowed range."""


def define_number(variable: str, unit: str, low: int, high: int, source: str) -> Any:
    return field(
        metadata={"variable": variable, "unit": unit, "low": low, "high": high, "source": source}
    )


@dataclass(frozen=True, kw_only=True)
class PoolPolicy:
    """The limits of one pool. Each is an integer, in the unit that its field names."""

    name: str
    alias: str
    max_connections: int = define_number(
        "MAX",
        "server connections",
        1,
        500,
        "the requirement; the replaced system answered 152 requests/s with 10",
    )
    budget: int = define_number(
        "BUDGET",
        "slots for all hosts together, 0 for as many as one host's maximum",
        0,
        5000,
        "one host needs no more; several share what PostgreSQL can serve",
    )
    min_connections: int = define_number(
        "MIN",
        "server connections, 0 for a pool that does not follow its load",
        0,
        500,
        "an idle pool of two serves the next request at once, and one beside it",
    )
    idle_timeout: int = define_number(
        "IDLE_TIMEOUT", "s", 1, 3600, "the requirement; 20 s was the replaced system's"
    )
    max_lifetime: int = define_number(
        "MAX_LIFETIME", "s", 10, 86400, "the requirement; bounds the memory of a server process"
    )
    connect_timeout: int = define_number(
        "CONNECT_TIMEOUT", "s", 2, 60, "the requirement; libpq's minimum is 2 s"
    )
    query_wait_timeout: int = define_number(
        "QUERY_WAIT_TIMEOUT",
        "s",
        1,
        300,
        "the requirement; plus the statement timeout it is below gunicorn's graceful timeout",
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
        "a tenth of the second within which the requirement ends an abandoned query, since it "
        "holds a slot that others wait for; the check is one system call",
    )
    max_client_conn: int = define_number(
        "MAX_CLIENT_CONN",
        "client connections",
        10,
        10000,
        "at least twice the clients, since old and new workers overlap in a reload",
    )
    listen_port: int = define_number(
        "PORT", "port", 1024, 65535, "6432 is PgBouncer's registered port; the next one is free"
    )

    hosts: int = 1
    # Server connections that PgBouncer keeps open, even if they are idle.
    kept_connections: int = 0

    @property
    def slots(self) -> int:
        """The server connections that PostgreSQL allows all hosts of the site together."""
        return self.budget or self.max_connections

    @property
    def prefix(self) -> str:
        """What the names of its variables begin with; all replicas have the same."""
        return f"POOL_{self.name.rstrip('0123456789').upper()}"

    @property
    def is_sized(self) -> bool:
        """Whether `manage.py size_pools` changes the pool's size while it runs."""
        return self.hosts > 1 or self.min_connections > 0

    @property
    def starting_size(self) -> int:
        """The server connections that PgBouncer starts with: the host's equal part."""
        return max(1, min(self.max_connections, self.slots // self.hosts))

    @property
    def server_idle_timeout(self) -> int:
        """Seconds after which PgBouncer closes an idle server connection."""
        if self.hosts == 1 or self.kept_connections:
            return self.idle_timeout
        return min(self.idle_timeout, SHARED_IDLE_TIMEOUT)

    @property
    def query_timeout(self) -> int:
        """Seconds after which PgBouncer drops a silent server; 0 for never.

        PostgreSQL ends a statement earlier, unless it is frozen or unreachable.
        """
        return self.statement_timeout + QUERY_TIMEOUT_MARGIN if self.statement_timeout else 0

    def count_backends(self) -> int:
        """Return the maximum number of backends that this pool can cause in PostgreSQL.

        A backend holds a slot, in use or abandoned, or is a login that waits for one (one per
        PgBouncer at a time). As many again may be ending: a backend releases its slot shortly
        before PostgreSQL stops counting it, and a login that PgBouncer abandoned waits until
        `client_check_interval` has passed.
        """
        return 2 * (self.slots + self.hosts)


WEB: Final = PoolPolicy(
    name="web",
    alias="default",
    max_connections=10,
    budget=0,
    min_connections=0,
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
    budget=0,
    min_connections=0,
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

# Of each replica. The waits are short, as the primary can answer in its place: it does if the
# replica is away. If the replica's pool is only full, the request gets 503. The connect timeout is
# libpq's minimum.
READ: Final = PoolPolicy(
    name="read",
    alias="read",
    max_connections=10,
    budget=0,
    min_connections=0,
    idle_timeout=20,
    max_lifetime=1800,
    connect_timeout=2,
    query_wait_timeout=2,
    statement_timeout=15,
    idle_in_transaction_timeout=15,
    client_check_interval=100,
    max_client_conn=400,
    listen_port=6434,
)

# Seconds for which a client waits for a restarting PgBouncer. Measured, 10 times each: a
# supervised restart took up to 0.06 s, one after a kill up to 1.02 s.
RESTART_WAIT: Final = 2.0

# Seconds for which /readyz, and each attempt of `--wait`, wait for their statement: longer than
# a restart, and shorter than the queue, because a probe needs a quick answer.
PROBE_WAIT: Final = 5.0

# Of the web pool in another region than the primary's, where a new server connection takes about
# five round trips.
FAR_IDLE_TIMEOUT: Final = 300
FAR_CONNECTIONS: Final = 2

# Seconds. Between hosts an idle connection holds a slot for which another host may wait.
SHARED_IDLE_TIMEOUT: Final = 5

# Seconds after a statement timeout within which the server's error must arrive.
QUERY_TIMEOUT_MARGIN: Final = 2


# Backends of tools outside the pools, such as a shell and a backup at the same time.
ADMIN_CONNECTIONS: Final = 2
# The exporter's, of each host: its connection, and that of a predecessor that is ending.
MONITOR_CONNECTIONS: Final = 2


def count_all_backends(pools: Iterable[PoolPolicy]) -> int:
    """Return the maximum number of backends of all these pools and the tools outside them."""
    pools = list(pools)
    outside = ADMIN_CONNECTIONS + MONITOR_CONNECTIONS * max(pool.hosts for pool in pools)
    return sum(pool.count_backends() for pool in pools) + outside


def move_away(policy: PoolPolicy) -> PoolPolicy:
    """Return the pool as it is in another region than the primary's."""
    return replace(policy, idle_timeout=FAR_IDLE_TIMEOUT, kept_connections=FAR_CONNECTIONS)


def number_pools(policy: PoolPolicy, names: Iterable[str]) -> dict[str, PoolPolicy]:
    """Return a pool with these numbers for each name, on consecutive ports."""
    return {
        name: replace(policy, name=name, alias=name, listen_port=policy.listen_port + index)
        for index, name in enumerate(names)
    }


def list_variables(policy: PoolPolicy) -> dict[str, str]:
    return {
        f"{policy.prefix}_{knob.metadata['variable']}": knob.name
        for knob in fields(policy)
        if knob.metadata
    }


def override(policy: PoolPolicy, environment: Mapping[str, str]) -> PoolPolicy:
    """Return `policy` with the numbers of `environment`.

    Raise PolicyError for a value that is not an integer in the allowed range, for a minimum above
    the maximum, and for a budget that one host exceeds or that leaves a host without a connection.
    """
    changes: dict[str, Any] = {
        name: _parse_number(policy, name, variable, environment[variable])
        for variable, name in list_variables(policy).items()
        if environment.get(variable, "") != ""
    }
    changed = replace(policy, **changes)
    _check_connections(changed)
    return changed


def _check_connections(policy: PoolPolicy) -> None:
    prefix, most = policy.prefix, policy.max_connections
    if policy.slots < most:
        raise PolicyError(
            f"{prefix}_BUDGET={policy.budget} is less than {prefix}_MAX={most}: all hosts share "
            f"the budget. Raise it, or set {prefix}_MAX={policy.budget}."
        )
    if policy.min_connections > most:
        raise PolicyError(
            f"{prefix}_MIN={policy.min_connections} is more than {prefix}_MAX={most}: lower it, or "
            f"raise {prefix}_MAX."
        )
    if policy.slots < policy.hosts:
        raise PolicyError(
            f"The {policy.name} pool has {policy.slots} connections for HOSTS={policy.hosts}, and "
            f"each host needs one: set {prefix}_BUDGET={policy.hosts} or more."
        )


def _parse_number(policy: PoolPolicy, name: str, variable: str, value: str) -> int:
    knob = next(knob for knob in fields(policy) if knob.name == name).metadata
    if value.isascii() and value.isdigit() and knob["low"] <= int(value) <= knob["high"]:
        return int(value)
    raise PolicyError(
        f"{variable}={value!r} is not allowed: give a whole number from {knob['low']} to "
        f"{knob['high']} ({knob['unit']}), or remove it for the default {getattr(policy, name)}."
    )
