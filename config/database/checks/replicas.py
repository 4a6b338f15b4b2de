"""System checks of the replicas: `manage.py check --database read1`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db.utils import ConnectionHandler

from config.database.checks.servers import ROLES_HINT, ServerFacts, check_session, get_facts
from config.database.policy import PROBE_WAIT, PoolPolicy, count_all_backends

if TYPE_CHECKING:
    from config.database.backend.base import DatabaseWrapper

E121: Final = "{name} is not a replica: it accepts writes, so no request reads from it."
E122: Final = "The replica's max_connections is {here}, and the primary's {there}."
E123: Final = "The pool {name} may open {wanted} connections, but the replica has only {free}."
W121: Final = "The replica's role {role} may write: {tables}."
W122: Final = "The replica's role {role} may not read all tables, so these reads go to the primary."


@dataclass(frozen=True, kw_only=True)
class ReplicaFacts:
    """Facts about a replica and its role.

    `primary_connections` is the primary's setting, None if the primary does not answer.
    """

    server: ServerFacts
    in_recovery: bool
    primary_connections: int | None
    writable: tuple[str, ...] = ()
    reads_all: bool = True


REPLICA_QUERY: Final = """
    SELECT pg_is_in_recovery(),
           ARRAY(SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
                 AND relkind IN ('r', 'p')
                 AND has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE') ORDER BY 1),
           NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
                       AND relkind IN ('r', 'p') AND NOT has_table_privilege(oid, 'SELECT'))
"""
CONNECTIONS_QUERY: Final = "SELECT current_setting('max_connections')::int"


@checks.register(checks.Tags.database)
def check_replicas(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    return [
        message
        for pool in settings.READ_POOLS.values()
        if pool.alias in (databases or ())
        for message in check_replica(get_replica_facts(pool, get_primary_connections()), pool)
    ]


def get_primary_connections() -> int:
    """Return the primary's max_connections; raise Error if it does not answer in time."""
    with (
        _connect(settings.POOLS["jobs"].alias) as connection,
        connection.limit_time(PROBE_WAIT),
        connection.cursor() as cursor,
    ):
        cursor.execute(CONNECTIONS_QUERY)
        return int(cursor.fetchone()[0])


def get_replica_facts(pool: PoolPolicy, primary_connections: int | None) -> ReplicaFacts:
    with _connect(pool.alias) as connection, connection.cursor() as cursor:
        cursor.execute(REPLICA_QUERY)
        in_recovery, writable, reads_all = cursor.fetchone()
    return ReplicaFacts(
        server=get_facts(pool),
        in_recovery=in_recovery,
        primary_connections=primary_connections,
        writable=tuple(writable),
        reads_all=reads_all,
    )


def _connect(alias: str) -> closing[DatabaseWrapper]:
    handler = ConnectionHandler(settings.DATABASES)
    return closing(cast("DatabaseWrapper", handler.create_connection(alias)))


def check_replica(facts: ReplicaFacts, pool: PoolPolicy) -> Iterator[checks.CheckMessage]:
    server, obj = facts.server, f"DATABASES[{pool.alias!r}]"
    if not facts.in_recovery:
        hint = "Name a standby of POSTGRES_URL's server in POSTGRES_READ_URL, or remove it."
        yield checks.Error(E121.format(name=pool.name), hint=hint, obj=obj, id="pool.E121")
    here, there = server.max_connections, facts.primary_connections
    if there is not None and here < there:
        hint = f"Set max_connections = {there} on the replica; with less it does not start again."
        yield checks.Error(E122.format(here=here, there=there), hint=hint, obj=obj, id="pool.E122")
    wanted, free = count_all_backends([pool]), here - server.reserved
    if wanted > free:
        hint = f"Set max_connections = {wanted + server.reserved}, or lower POOL_READ_MAX."
        message = E123.format(name=pool.name, wanted=wanted, free=free)
        yield checks.Error(message, hint=hint, obj=obj, id="pool.E123")
    if facts.writable:
        message = W121.format(role=server.role, tables=", ".join(facts.writable))
        yield checks.Warning(message, hint=ROLES_HINT, obj=obj, id="pool.W121")
    if not facts.reads_all:
        message = W122.format(role=server.role)
        yield checks.Warning(message, hint=ROLES_HINT, obj=obj, id="pool.W122")
    yield from check_session(server, pool)
