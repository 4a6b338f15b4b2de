"""Render the roles' rights in PostgreSQL as SQL. Pure.

The jobs role owns the schema. The web role reads and writes rows; it cannot alter, truncate
or drop. A third one, for psql and pg_dump, acts as the jobs role outside the pools; a fourth one,
the exporter's, sees backends only. Each has a connection limit in case a client bypasses PgBouncer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from psycopg import sql
from psycopg.conninfo import make_conninfo

from config.database.dsn import Server
from config.database.policy import ADMIN_CONNECTIONS, MONITOR_CONNECTIONS, PoolPolicy
from config.database.render import slot_functions
from config.database.render.django import SITE_SETTINGS, get_session_settings

ROW_PRIVILEGES: Final = "SELECT, INSERT, UPDATE, DELETE"

HEADER: Final = """\
-- The roles and rights of both pools and of the tools outside them. This script contains their
-- passwords: do not keep it.
-- Run it as a superuser, as often as you like:
--     manage.py database_roles --sql | psql -v ON_ERROR_STOP=1 -d postgres
\\set ON_ERROR_STOP on
\\encoding UTF8
"""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A statement, without its semicolon, and its purpose."""

    purpose: str
    statement: str


def get_connection_limits(
    pools: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    admin: Server | None = None,
) -> dict[str, int]:
    """Return each role's connection limit: the maximum of its pools' backends, and those of the
    tools that log in as `admin`.

    This exceeds the pool sizes, because PostgreSQL also counts backends that log in or end.
    """
    limits: dict[str, int] = {}
    for name, pool in pools.items():
        role = servers[name].user
        limits[role] = limits.get(role, 0) + pool.count_backends()
    if admin:
        limits[admin.user] = limits.get(admin.user, 0) + ADMIN_CONNECTIONS
    return limits


def limit_connections(role: str, connections: int) -> Grant:
    return Grant(
        purpose=f"{role} has no more than {connections} connections",
        statement=f"ALTER ROLE {quote_identifier(role)} CONNECTION LIMIT {connections}",
    )


def list_database_grants(web: Server, jobs: Server) -> list[Grant]:
    database, roles = quote_identifier(jobs.dbname), _join_names(web, jobs)
    return [
        Grant(
            purpose="only these roles connect and create temporary tables",
            statement=f"REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC",
        ),
        Grant(
            purpose="both roles connect",
            statement=f"GRANT CONNECT ON DATABASE {database} TO {roles}",
        ),
        Grant(
            purpose="the jobs role creates temporary tables",
            statement=f"GRANT TEMPORARY ON DATABASE {database} TO {quote_identifier(jobs.user)}",
        ),
        Grant(
            purpose="only the owner creates tables",
            statement="REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        ),
    ]


def list_row_grants(web: Server, jobs: Server) -> list[Grant]:
    """Return the web role's grants in the jobs role's schema; none if both pools share a role."""
    if web.user == jobs.user:
        return []
    role = quote_identifier(web.user)
    defaults = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote_identifier(jobs.user)} IN SCHEMA public"
    return [
        Grant(
            purpose="the web role sees the schema",
            statement=f"GRANT USAGE ON SCHEMA public TO {role}",
        ),
        Grant(
            purpose="the web role reads and writes rows",
            statement=f"GRANT {ROW_PRIVILEGES} ON ALL TABLES IN SCHEMA public TO {role}",
        ),
        Grant(
            purpose="the web role uses sequences",
            statement=f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ),
        Grant(
            purpose="the same for future tables",
            statement=f"{defaults} GRANT {ROW_PRIVILEGES} ON TABLES TO {role}",
        ),
        Grant(
            purpose="the same for future sequences",
            statement=f"{defaults} GRANT USAGE ON SEQUENCES TO {role}",
        ),
        Grant(
            purpose="the web role cannot change the list of migrations",
            statement=_run_if_migrated(
                f"REVOKE INSERT, UPDATE, DELETE ON public.django_migrations FROM {role}"
            ),
        ),
    ]


def render_script(
    pools: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    admin: Server | None = None,
    monitor: Server | None = None,
) -> str:
    """Render an idempotent psql script that creates roles, database and rights."""
    web, jobs = servers["web"], servers["jobs"]
    limits = get_connection_limits(pools, servers, admin)
    users = {server.user: server for server in (web, jobs, admin) if server}
    names = _join_names(web, jobs)
    statements = [
        *(line for server in users.values() for line in render_role(server)),
        *_render_defaults(pools, servers),
        *(
            f"{limit_connections(role, connections).statement};"
            for role, connections in limits.items()
        ),
        *(_render_admin(admin, jobs) if admin and admin.user not in (web.user, jobs.user) else ()),
        _render_database(jobs),
        _render_connect(jobs),
        *(f"{grant.statement};" for grant in list_database_grants(web, jobs)),
        f"GRANT USAGE, CREATE ON SCHEMA public TO {quote_identifier(jobs.user)};",
        *(f"{grant.statement};" for grant in list_row_grants(web, jobs)),
        *slot_functions.render_rights(pools, servers, names, quote_identifier(jobs.user)),
        *(
            _render_monitor(monitor, pools["web"].hosts)
            if monitor and monitor.user not in users
            else ()
        ),
    ]
    return HEADER + "".join(f"{line}\n" for line in statements)


def render_role(server: Server) -> list[str]:
    role = quote_identifier(server.user)
    password = f" PASSWORD {quote_text(server.password)}" if server.password else ""
    missing = f"SELECT FROM pg_roles WHERE rolname = {quote_text(server.user)}"
    return [
        f"SELECT {quote_text(f'CREATE ROLE {role}')} WHERE NOT EXISTS ({missing}) \\gexec",
        f"ALTER ROLE {role} LOGIN{password};",
    ]


def _render_defaults(
    pools: Mapping[str, PoolPolicy], servers: Mapping[str, Server]
) -> Iterator[str]:
    """Yield the role's defaults, which RESET and DISCARD restore and a role can change."""
    shared = servers["web"].user == servers["jobs"].user
    for name in ["web"] if shared else pools:
        role = quote_identifier(servers[name].user)
        limits = {} if shared else get_session_settings(pools[name])
        for setting, value in (limits | SITE_SETTINGS).items():
            yield f"ALTER ROLE {role} SET {setting} = {quote_text(value)};"


def _render_admin(admin: Server, jobs: Server) -> Iterator[str]:
    """Make the role of the tools outside the pools act as the tables' owner."""
    yield f"GRANT {quote_identifier(jobs.user)} TO {quote_identifier(admin.user)};"
    yield f"ALTER ROLE {quote_identifier(admin.user)} SET role = {quote_text(jobs.user)};"


def _render_monitor(monitor: Server, hosts: int) -> Iterator[str]:
    """Let the exporter's role see backends and slots, but no row and no statement's text."""
    yield from render_role(monitor)
    role = quote_identifier(monitor.user)
    yield f"{limit_connections(monitor.user, MONITOR_CONNECTIONS * hosts).statement};"
    yield f"GRANT CONNECT ON DATABASE {quote_identifier(monitor.dbname)} TO {role};"
    yield from slot_functions.render_monitor_rights(role)


def _render_database(jobs: Server) -> str:
    create = (
        f"CREATE DATABASE {quote_identifier(jobs.dbname)} OWNER {quote_identifier(jobs.user)} "
        "ENCODING 'UTF8' TEMPLATE template0"
    )
    missing = f"SELECT FROM pg_database WHERE datname = {quote_text(jobs.dbname)}"
    return f"SELECT {quote_text(create)} WHERE NOT EXISTS ({missing}) \\gexec"


def _render_connect(jobs: Server) -> str:
    # A connection string, because psql parses a bare name with "=" as one.
    target = make_conninfo(dbname=jobs.dbname).replace('"', '""')
    return f'\\connect -reuse-previous=on "{target}"\n\\encoding UTF8'


def _run_if_migrated(statement: str) -> str:
    # Quoted as text: a role's name could contain a dollar quote.
    migrated = "to_regclass('public.django_migrations') IS NOT NULL"
    return f"DO {quote_text(f'BEGIN IF {migrated} THEN {statement}; END IF; END')}"


def _list_distinct(web: Server, jobs: Server) -> list[Server]:
    return [web] if web.user == jobs.user else [web, jobs]


def _join_names(web: Server, jobs: Server) -> str:
    return ", ".join(quote_identifier(server.user) for server in _list_distinct(web, jobs))


def quote_identifier(identifier: str) -> str:
    return sql.Identifier(identifier).as_string(None)


def quote_text(value: str) -> str:
    return sql.Literal(value).as_string(None).strip()
