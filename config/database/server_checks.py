"""System checks that ask the server: `manage.py check --database default --database jobs`.

Each alias is looked at through a connection of its own, so that the web pool is seen as the
web sees it, although commands run in the jobs pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from config.database import roles
from config.database.databases import session_settings
from config.database.policy import PoolPolicy, demanded
from config.database.server import Server
from config.database.slots import HAS_SLOT, lock_class

OLDEST: Final = 140000
RENEW: Final = "manage.py pgbouncer_config --write, then restart PgBouncer (deploy/up does both)."

E101: Final = "PostgreSQL {version} cannot end abandoned queries; 14 is the oldest that can."
E102: Final = "The pools may cause {wanted} connections, and the server has {free} to give."
E103: Final = "The role {role} may have {limit} connections, and its pools need {needed}."
E104: Final = "The policy's settings are not in force on the connection: {names}."
E105: Final = "The connection holds no slot of the pool, so that nothing caps it in PostgreSQL."
W101: Final = "The web role {role} may do more than read and write rows."


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a server says of itself and of the role that asks."""

    version: int
    max_connections: int
    reserved: int
    role: str
    role_limit: int
    is_superuser: bool
    alters_tables: bool
    settings: Mapping[str, str]
    has_slot: bool


FACTS: Final = """
    SELECT current_setting('server_version_num')::int,
           current_setting('max_connections')::int,
           current_setting('superuser_reserved_connections')::int
               + coalesce(current_setting('reserved_connections', true)::int, 0),
           rolname, rolconnlimit, rolsuper,
           has_schema_privilege('public', 'CREATE') OR EXISTS (
               SELECT FROM pg_class
               WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
               AND (pg_has_role(relowner, 'USAGE') OR has_table_privilege(oid, 'TRUNCATE')))
    FROM pg_roles WHERE rolname = current_user
"""


@checks.register(checks.Tags.database)
def check_servers(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    seen: set[tuple[str, int]] = set()
    for name, pool in settings.POOLS.items():
        if pool.alias in (databases or ()):
            facts, server = facts_of(pool), settings.POSTGRES[name]
            if (server.host, server.port) not in seen:
                messages += about_server(facts, server)
            messages += about_pool(facts, name)
            seen.add((server.host, server.port))
    return messages


def facts_of(pool: PoolPolicy) -> Facts:
    """Ask the server behind the pool's alias, as it stands in the settings."""
    handler = ConnectionHandler(settings.DATABASES)
    with closing(handler.create_connection(pool.alias)) as connection:
        return _ask(connection, pool)


def _ask(connection: BaseDatabaseWrapper, pool: PoolPolicy) -> Facts:
    with connection.cursor() as cursor:
        cursor.execute(FACTS)
        version, most, reserved, role, limit, is_superuser, alters = cursor.fetchone()
        names = [*session_settings(pool)]
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [names])
        in_force = dict(cursor.fetchall())
        cursor.execute(HAS_SLOT, [lock_class(pool)])
        (has_slot,) = cursor.fetchone()
    return Facts(
        version=version,
        max_connections=most,
        reserved=reserved,
        role=role,
        role_limit=limit,
        is_superuser=is_superuser,
        alters_tables=is_superuser or alters,
        settings=in_force,
        has_slot=has_slot,
    )


def about_server(facts: Facts, server: Server) -> Iterator[checks.CheckMessage]:
    """Is the server new enough, and has it room for all pools that use it?"""
    if facts.version < OLDEST:
        message = E101.format(version=facts.version // 10000)
        yield checks.Error(message, hint="Upgrade PostgreSQL to 14 or later.", id="pool.E101")
    there = (p for name, p in settings.POOLS.items() if _same(settings.POSTGRES[name], server))
    wanted = demanded(there, settings.REPLICAS)
    if wanted > (free := facts.max_connections - facts.reserved):
        hint = (
            f"ALTER SYSTEM SET max_connections = {wanted + facts.reserved}; then restart "
            "PostgreSQL. Or lower POOL_WEB_MAX, POOL_JOBS_MAX or REPLICAS."
        )
        yield checks.Error(E102.format(wanted=wanted, free=free), hint=hint, id="pool.E102")


def about_pool(facts: Facts, name: str) -> Iterator[checks.CheckMessage]:
    """Does the role let the pool work, no more than that, and with the policy's settings?"""
    pool = settings.POOLS[name]
    yield from _limit(facts, name)
    if name == "web" and settings.POSTGRES["jobs"].user != facts.role and facts.alters_tables:
        hint = "manage.py database_roles --sql | psql -d postgres (as a superuser)"
        yield checks.Warning(
            W101.format(role=facts.role), hint=hint, obj=_obj(pool), id="pool.W101"
        )
    yield from _connect_query(facts, pool)


def _connect_query(facts: Facts, pool: PoolPolicy) -> Iterator[checks.CheckMessage]:
    wanted = session_settings(pool)
    if names := [key for key, value in wanted.items() if facts.settings.get(key) != value]:
        message = E104.format(names=", ".join(names))
        yield checks.Error(message, hint=RENEW, obj=_obj(pool), id="pool.E104")
    if settings.DATABASE_POOLING == "pgbouncer" and not facts.has_slot:
        yield checks.Error(E105, hint=RENEW, obj=_obj(pool), id="pool.E105")


def _limit(facts: Facts, name: str) -> Iterator[checks.CheckMessage]:
    limits = roles.connection_limits(settings.POOLS, settings.POSTGRES, settings.REPLICAS)
    needed = limits[settings.POSTGRES[name].user]
    if facts.is_superuser or not 0 <= facts.role_limit < needed:
        return
    message = E103.format(role=facts.role, limit=facts.role_limit, needed=needed)
    hint = f"{roles.limit(facts.role, needed).statement};"
    yield checks.Error(message, hint=hint, obj=_obj(settings.POOLS[name]), id="pool.E103")


def _same(one: Server, other: Server) -> bool:
    return (one.host, one.port) == (other.host, other.port)


def _obj(pool: PoolPolicy) -> str:
    return f"DATABASES[{pool.alias!r}]"
