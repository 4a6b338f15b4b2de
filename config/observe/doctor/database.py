"""The pools, and PostgreSQL behind them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.database.monitor.activity import RoleStatus
from config.database.monitor.replicas import add_pools
from config.database.monitor.status import Overview, PoolStatus, get_overview
from config.database.policy import PoolPolicy
from config.observe.doctor.probe import Problem, parse_version

# Seconds.
MAX_CLOCK_ERROR: Final = 2.0
LONG_WAIT: Final = 1.0
# Of the client connections that a PgBouncer accepts.
MANY_CLIENTS: Final = 0.9
# The oldest PgBouncer whose messages config.database.errors knows.
MIN_PGBOUNCER: Final = (1, 18)

SETUP: Final = "Run `manage.py setup_site`."
START: Final = (
    "Run `deploy/down`, then `deploy/up`; the end of var/log/pgbouncer-{name}.log says why it "
    "stopped."
)
UPGRADE: Final = "See Upgrade in docs/operations.md: PgBouncer 1.18 or later."
RESUME: Final = "Run `manage.py pools resume`."
WATCH: Final = "Run `manage.py pools --watch`, then see What is slow in docs/operations.md."
WRITE: Final = "Run `manage.py pgbouncer_config --write`, then `manage.py pools reload`."
CONNECT: Final = (
    "Check that PostgreSQL runs; the end of var/log/pgbouncer-{name}.log says why no server "
    "connection opens."
)
SIZER: Final = "Run `deploy/reload`; the end of var/log/sizer.log says why it stopped."
LEASES: Final = (
    "Check that PostgreSQL runs and that the jobs pool is not full (`manage.py pools`); see Leases "
    "in docs/pools.md."
)
COUNT_HOSTS: Final = "Set HOSTS on each host, see Several hosts in docs/scaling.md."
ABANDONED: Final = "Run `manage.py pools`; if they do not go, see Faults in docs/operations.md."


def find_failed_checks() -> Iterator[Problem]:
    """Yield what `manage.py check --database default --database jobs` warns of."""
    for message in checks.run_checks(databases=["default", "jobs"]):
        if message.level >= checks.WARNING and not message.is_silenced():
            yield Problem(f"{message.id}: {message.msg}", message.hint or SETUP)


def find_pending_migrations() -> Iterator[Problem]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        names = ", ".join(str(migration) for migration, _ in plan[:5])
        yield Problem(f"{len(plan)} migrations are not applied: {names}", SETUP)


def find_clock_error() -> Iterator[Problem]:
    """Compare PostgreSQL's clock with this machine's; the way there and back is no error."""
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        (theirs,) = cursor.fetchone()
    after = time.time()
    error = max(theirs - after, before - theirs)
    if error > MAX_CLOCK_ERROR:
        yield Problem(
            f"PostgreSQL's clock and this machine's differ by {error:.0f} s",
            "Run `timedatectl` on both machines and turn on time synchronization.",
        )


def find_pool_problems() -> Iterator[Problem]:
    if settings.DATABASE_POOLING == "direct":
        return
    overview = get_overview(settings.POOLS, settings.POSTGRES)
    overview = add_pools(overview, settings.READ_POOLS)
    for name, policy in (settings.POOLS | settings.READ_POOLS).items():
        pool = overview.pools[name]
        if pool is None:
            yield Problem(overview.errors[name], START.format(name=name))
        else:
            yield from describe_pool(policy, pool)
    if reason := overview.errors.get("postgresql"):
        yield Problem(f"PostgreSQL's backends cannot be counted: {reason}", WATCH)
    yield from describe_backends(overview)
    yield from describe_sizes(overview)


def describe_sizes(overview: Overview) -> Iterator[Problem]:
    """Yield pools whose sizes do not follow load and hosts although they should."""
    sizes, failure = overview.sizes, overview.errors.get("sizes")
    for name, policy in (settings.POOLS | settings.READ_POOLS).items():
        if not policy.is_sized:
            continue
        if name not in sizes:
            reason = failure or "`size_pools` does not run"
            yield Problem(f"nothing changes the size of the {name} pool: {reason}", SIZER)
        elif sizes[name].hosts > policy.hosts:
            message = f"{sizes[name].hosts} hosts share the slots of the {name} pool"
            yield Problem(f"{message}, HOSTS says {policy.hosts}", COUNT_HOSTS)
    if failure and sizes:
        yield Problem(failure, LEASES)


def describe_pool(policy: PoolPolicy, pool: PoolStatus) -> Iterator[Problem]:
    name = policy.name
    if parse_version(pool.version) < MIN_PGBOUNCER:
        yield Problem(f"PgBouncer {pool.version} is too old", UPGRADE)
    if pool.paused:
        yield Problem(f"the {name} pool is paused", RESUME)
    if pool.longest_wait > LONG_WAIT:
        yield describe_wait(name, pool)
    if pool.clients > MANY_CLIENTS * pool.max_client_conn:
        clients = f"{pool.clients} of {pool.max_client_conn} client connections"
        step = f"Raise {policy.prefix}_MAX_CLIENT_CONN, or stop some clients."
        yield Problem(f"the {name} pool has {clients}", step)
    if not _is_loaded(policy, pool):
        loaded = f"{pool.pool_size} server and {pool.max_client_conn} client connections"
        wanted = f"{policy.max_connections} and {policy.max_client_conn}"
        yield Problem(f"the {name} pool's PgBouncer allows {loaded}, not {wanted}", WRITE)


def describe_wait(name: str, pool: PoolStatus) -> Problem:
    waits = f"{pool.waiting} clients wait, the first for {pool.longest_wait:.1f} s"
    if pool.in_use >= pool.pool_size:
        return Problem(f"the {name} pool is full: {waits}", WATCH)
    used = f"only {pool.in_use} of {pool.pool_size} server connections are in use"
    return Problem(f"in the {name} pool {waits}, but {used}", CONNECT.format(name=name))


def _is_loaded(policy: PoolPolicy, pool: PoolStatus) -> bool:
    most, size = policy.max_connections, pool.pool_size
    fits = size <= most if policy.is_sized else size == most
    return fits and pool.max_client_conn == policy.max_client_conn


def describe_backends(overview: Overview) -> Iterator[Problem]:
    """Yield roles with many abandoned backends, and sessions that kept another pool's slot."""
    for role, status in (overview.roles or {}).items():
        if _is_crowded(role, status):
            message = f"{status.abandoned} abandoned backends of the role {role} hold slots"
            yield Problem(message, ABANDONED)
    for holder in overview.ended:
        message = f"a session of the role {holder.role} held a slot of the {holder.pool} pool"
        yield Problem(f"{message} and was ended", "Look who else logs in as this role.")


def _is_crowded(role: str, status: RoleStatus) -> bool:
    """Return whether abandoned backends take half of what PostgreSQL admits beyond the slots."""
    pools = [pool for name, pool in settings.POOLS.items() if settings.POSTGRES[name].user == role]
    room = sum(pool.count_backends() - pool.slots for pool in pools)
    return 2 * (status.abandoned or 0) > room
