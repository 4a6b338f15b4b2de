"""System checks of the server: `manage.py check --database default --database jobs`.

Each alias gets its own connection, because commands otherwise run in the jobs pool.
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

from config.database.dsn import Server
from config.database.policy import PoolPolicy, count_all_backends
from config.database.render import roles
from config.database.render.django import SITE_SETTINGS, get_session_settings
from config.database.render.slot_functions import SLOTS_ARE_OPEN
from config.database.render.slots import HAS_SLOT, get_lock_class

MIN_VERSION: Final = 140000
CONFIG_HINT: Final = (
    "manage.py pgbouncer_config --write, then restart PgBouncer "
    "(deploy/down, then deploy/up, does both)."
)

E101: Final = "PostgreSQL {version} cannot end abandoned queries; 14 or later can."
E102: Final = "The pools may open {wanted} connections, but the server has only {free}."
E103: Final = "The role {role} may have {limit} connections, but its pools need {needed}."
E104: Final = "The connection lacks the policy's settings: {names}."
E105: Final = "The connection holds no slot of the pool, so PostgreSQL does not cap it."
W101: Final = "The web role {role} may do more than read and write rows."
W102: Final = "The web role {role} may take and release any pool's slots or create large objects."
W103: Final = "The web role {role} may connect to other databases of the server: {names}."
W104: Final = "The role {role} has defaults that the site did not set: {names}."
ROLES_HINT: Final = "manage.py database_roles --sql | psql -d postgres (as a superuser)"


@dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """Facts about a server and the current role."""

    version: int
    max_connections: int
    reserved: int
    role: str
    role_limit: int
    is_superuser: bool
    alters_tables: bool
    settings: Mapping[str, str]
    has_slot: bool
    slots_are_open: bool = False
    other_databases: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()


FACTS_QUERY: Final = """
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


RIGHTS_QUERY: Final = f"""
    SELECT {SLOTS_ARE_OPEN} OR has_function_privilege('lo_create(oid)', 'EXECUTE'),
           ARRAY(SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate
                 AND datname <> current_database() AND has_database_privilege(oid, 'CONNECT')
                 ORDER BY datname),
           ARRAY(SELECT unnest(setconfig) FROM pg_db_role_setting
                 JOIN pg_roles ON pg_roles.oid = setrole WHERE rolname = session_user)
"""  # noqa: S608  only constants


@checks.register(checks.Tags.database)
def check_servers(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    seen: set[tuple[str, int]] = set()
    for name, pool in settings.POOLS.items():
        if pool.alias in (databases or ()):
            facts, server = get_facts(pool), settings.POSTGRES[name]
            if (server.host, server.port) not in seen:
                messages += check_server(facts, server)
            messages += check_pool(facts, name)
            seen.add((server.host, server.port))
    return messages


def get_facts(pool: PoolPolicy) -> ServerFacts:
    handler = ConnectionHandler(settings.DATABASES)
    with closing(handler.create_connection(pool.alias)) as connection:
        return _query_facts(connection, pool)


def _query_facts(connection: BaseDatabaseWrapper, pool: PoolPolicy) -> ServerFacts:
    with connection.cursor() as cursor:
        cursor.execute(FACTS_QUERY)
        version, most, reserved, role, limit, is_superuser, alters = cursor.fetchone()
        names = [*get_session_settings(pool)]
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [names])
        in_force = dict(cursor.fetchall())
        cursor.execute(HAS_SLOT, [get_lock_class(pool)])
        (has_slot,) = cursor.fetchone()
        cursor.execute(RIGHTS_QUERY)
        is_open, databases, defaults = cursor.fetchone()
    return ServerFacts(
        version=version,
        max_connections=most,
        reserved=reserved,
        role=role,
        role_limit=limit,
        is_superuser=is_superuser,
        alters_tables=is_superuser or alters,
        settings=in_force,
        has_slot=has_slot,
        slots_are_open=is_open,
        other_databases=tuple(databases),
        defaults=tuple(defaults),
    )


def check_server(facts: ServerFacts, server: Server) -> Iterator[checks.CheckMessage]:
    if facts.version < MIN_VERSION:
        message = E101.format(version=facts.version // 10000)
        yield checks.Error(message, hint="Upgrade PostgreSQL to 14 or later.", id="pool.E101")
    there = (
        p for name, p in settings.POOLS.items() if _is_same_server(settings.POSTGRES[name], server)
    )
    wanted = count_all_backends(there)
    if wanted > (free := facts.max_connections - facts.reserved):
        hint = (
            f"ALTER SYSTEM SET max_connections = {wanted + facts.reserved}; then restart "
            "PostgreSQL. Or lower the pools' budgets (POOL_*_BUDGET, POOL_*_MAX) or HOSTS."
        )
        yield checks.Error(E102.format(wanted=wanted, free=free), hint=hint, id="pool.E102")


def check_pool(facts: ServerFacts, name: str) -> Iterator[checks.CheckMessage]:
    pool = settings.POOLS[name]
    yield from _check_role_limit(facts, name)
    if name == "web" and settings.POSTGRES["jobs"].user != facts.role:
        yield from _check_web_role(facts, pool)
    yield from check_session(facts, pool)


def _check_web_role(facts: ServerFacts, pool: PoolPolicy) -> Iterator[checks.CheckMessage]:
    """Check for rights beyond reading and writing rows, and for defaults set by the role."""
    role, obj = facts.role, _obj(pool)
    if facts.alters_tables:
        yield checks.Warning(W101.format(role=role), hint=ROLES_HINT, obj=obj, id="pool.W101")
    if facts.slots_are_open and not facts.is_superuser:
        yield checks.Warning(W102.format(role=role), hint=ROLES_HINT, obj=obj, id="pool.W102")
    if names := facts.other_databases:
        hint = " ".join(
            f"REVOKE CONNECT ON DATABASE {roles.quote_identifier(n)} FROM PUBLIC;" for n in names
        )
        message = W103.format(role=role, names=", ".join(names))
        yield checks.Warning(message, hint=hint, obj=obj, id="pool.W103")
    # Each login sets these again, but a read-only one cannot even take its slot.
    reset = get_session_settings(pool) | SITE_SETTINGS
    lines = [line for line in facts.defaults if line != "default_transaction_read_only=off"]
    own = [line.partition("=")[0] for line in lines]
    reset.pop("default_transaction_read_only")
    if foreign := [name for name in own if name not in reset]:
        message = W104.format(role=role, names=", ".join(foreign))
        hint = " ".join(
            f"ALTER ROLE {roles.quote_identifier(role)} RESET {name};" for name in foreign
        )
        yield checks.Warning(message, hint=hint, obj=obj, id="pool.W104")


def check_session(facts: ServerFacts, pool: PoolPolicy) -> Iterator[checks.CheckMessage]:
    wanted = get_session_settings(pool)
    if names := [key for key, value in wanted.items() if facts.settings.get(key) != value]:
        message = E104.format(names=", ".join(names))
        yield checks.Error(message, hint=CONFIG_HINT, obj=_obj(pool), id="pool.E104")
    if settings.DATABASE_POOLING == "pgbouncer" and not facts.has_slot:
        yield checks.Error(E105, hint=CONFIG_HINT, obj=_obj(pool), id="pool.E105")


def _check_role_limit(facts: ServerFacts, name: str) -> Iterator[checks.CheckMessage]:
    limits = roles.get_connection_limits(settings.POOLS, settings.POSTGRES, settings.POSTGRES_ADMIN)
    needed = limits[settings.POSTGRES[name].user]
    if facts.is_superuser or not 0 <= facts.role_limit < needed:
        return
    message = E103.format(role=facts.role, limit=facts.role_limit, needed=needed)
    hint = f"{roles.limit_connections(facts.role, needed).statement};"
    yield checks.Error(message, hint=hint, obj=_obj(settings.POOLS[name]), id="pool.E103")


def _is_same_server(one: Server, other: Server) -> bool:
    return (one.host, one.port) == (other.host, other.port)


def _obj(pool: PoolPolicy) -> str:
    return f"DATABASES[{pool.alias!r}]"
