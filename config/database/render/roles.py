"""The rights of the two roles in PostgreSQL, as SQL. Pure.

The jobs role owns the schema. The web role reads and writes rows; it cannot alter, truncate
or drop. A third one, for psql and pg_dump, acts as the jobs' around the pools. Each has a
connection limit as the last guard, should PgBouncer not be the only way in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from psycopg import sql
from psycopg.conninfo import make_conninfo

from config.database.dsn import Server
from config.database.policy import ADMIN_CONNECTIONS, PoolPolicy
from config.database.render import slot_functions
from config.database.render.django import SITE_SETTINGS, get_session_settings

ROW_PRIVILEGES: Final = "SELECT, INSERT, UPDATE, DELETE"

HEADER: Final = """\
-- The roles and rights of both pools and the tools around them. It holds their passwords: do
-- not keep it.
-- For a superuser, as often as you like:
--     manage.py database_roles --sql | psql -v ON_ERROR_STOP=1 -d postgres
\\set ON_ERROR_STOP on
\\encoding UTF8
"""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One statement, without its semicolon, and what it is for."""

    purpose: str
    statement: str


def get_connection_limits(
    pools: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    replicas: int,
    admin: Server | None = None,
) -> dict[str, int]:
    """The connection limit of each role: the most backends that its pools can cause, and the
    few of the tools around the pools, which log in as `admin`.

    That is above the pools' sizes, since who logs in or is on the way out counts as well; a
    limit equal to them would refuse connections to everybody.
    """
    limits: dict[str, int] = {}
    for name, pool in pools.items():
        role = servers[name].user
        limits[role] = limits.get(role, 0) + pool.count_backends(replicas)
    if admin:
        limits[admin.user] = limits.get(admin.user, 0) + ADMIN_CONNECTIONS
    return limits


def limit_connections(role: str, connections: int) -> Grant:
    """The statement that gives `role` its connection limit."""
    return Grant(
        purpose=f"{role} has no more than {connections} connections",
        statement=f"ALTER ROLE {quoted(role)} CONNECTION LIMIT {connections}",
    )


def list_database_grants(web: Server, jobs: Server) -> list[Grant]:
    """Who may enter the database, and that nobody else creates anything in it."""
    database, roles = quoted(jobs.dbname), _join_names(web, jobs)
    return [
        Grant(
            purpose="only these roles connect, and nobody else makes temporary tables",
            statement=f"REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC",
        ),
        Grant(
            purpose="both roles connect",
            statement=f"GRANT CONNECT ON DATABASE {database} TO {roles}",
        ),
        Grant(
            purpose="nobody else creates tables",
            statement="REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        ),
    ]


def list_row_grants(web: Server, jobs: Server) -> list[Grant]:
    """What the web role may do in the jobs role's schema; nothing for one role in both pools."""
    if web.user == jobs.user:
        return []
    role = quoted(web.user)
    to_come = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quoted(jobs.user)} IN SCHEMA public"
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
            purpose="the web role draws new keys",
            statement=f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ),
        Grant(
            purpose="the same for tables to come",
            statement=f"{to_come} GRANT {ROW_PRIVILEGES} ON TABLES TO {role}",
        ),
        Grant(
            purpose="the same for sequences to come",
            statement=f"{to_come} GRANT USAGE ON SEQUENCES TO {role}",
        ),
        Grant(
            purpose="the web role leaves the list of migrations alone",
            statement=_run_if_migrated(
                f"REVOKE INSERT, UPDATE, DELETE ON public.django_migrations FROM {role}"
            ),
        ),
    ]


def render_script(
    pools: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    replicas: int,
    admin: Server | None = None,
) -> str:
    """A psql script that makes roles, database and rights; harmless when run again."""
    web, jobs = servers["web"], servers["jobs"]
    limits = get_connection_limits(pools, servers, replicas, admin)
    everybody = {server.user: server for server in (web, jobs, admin) if server}
    names = _join_names(web, jobs)
    everything = [
        *(line for server in everybody.values() for line in _render_role(server)),
        *_render_defaults(pools, servers),
        *(
            f"{limit_connections(role, connections).statement};"
            for role, connections in limits.items()
        ),
        *(_render_admin(admin, jobs) if admin and admin.user not in (web.user, jobs.user) else ()),
        _render_database(jobs),
        _render_connect(jobs),
        *(f"{grant.statement};" for grant in list_database_grants(web, jobs)),
        f"GRANT USAGE, CREATE ON SCHEMA public TO {quoted(jobs.user)};",
        *(f"{grant.statement};" for grant in list_row_grants(web, jobs)),
        *slot_functions.render_rights(pools, servers, names, quoted(jobs.user)),
    ]
    return HEADER + "".join(f"{line}\n" for line in everything)


def _render_role(server: Server) -> list[str]:
    role = quoted(server.user)
    password = f" PASSWORD {_quote_text(server.password)}" if server.password else ""
    missing = f"SELECT FROM pg_roles WHERE rolname = {_quote_text(server.user)}"
    return [
        f"SELECT {_quote_text(f'CREATE ROLE {role}')} WHERE NOT EXISTS ({missing}) \\gexec",
        f"ALTER ROLE {role} LOGIN{password};",
    ]


def _render_defaults(
    pools: Mapping[str, PoolPolicy], servers: Mapping[str, Server]
) -> Iterator[str]:
    """To which RESET and DISCARD lead back: a role may have changed its own."""
    shared = servers["web"].user == servers["jobs"].user
    for name in ["web"] if shared else pools:
        limits = {} if shared else get_session_settings(pools[name])
        for setting, value in (limits | SITE_SETTINGS).items():
            yield f"ALTER ROLE {quoted(servers[name].user)} SET {setting} = {_quote_text(value)};"


def _render_admin(admin: Server, jobs: Server) -> Iterator[str]:
    """The role of the tools around the pools acts as the owner of the tables."""
    yield f"GRANT {quoted(jobs.user)} TO {quoted(admin.user)};"
    yield f"ALTER ROLE {quoted(admin.user)} SET role = {_quote_text(jobs.user)};"


def _render_database(jobs: Server) -> str:
    create = (
        f"CREATE DATABASE {quoted(jobs.dbname)} OWNER {quoted(jobs.user)} "
        "ENCODING 'UTF8' TEMPLATE template0"
    )
    missing = f"SELECT FROM pg_database WHERE datname = {_quote_text(jobs.dbname)}"
    return f"SELECT {_quote_text(create)} WHERE NOT EXISTS ({missing}) \\gexec"


def _render_connect(jobs: Server) -> str:
    # A connection string, because psql takes a bare name with "=" in it for one.
    target = make_conninfo(dbname=jobs.dbname).replace('"', '""')
    return f'\\connect -reuse-previous=on "{target}"\n\\encoding UTF8'


def _run_if_migrated(statement: str) -> str:
    # Quoted as text: a dollar quote could end within a role's name.
    migrated = "to_regclass('public.django_migrations') IS NOT NULL"
    return f"DO {_quote_text(f'BEGIN IF {migrated} THEN {statement}; END IF; END')}"


def _list_distinct(web: Server, jobs: Server) -> list[Server]:
    return [web] if web.user == jobs.user else [web, jobs]


def _join_names(web: Server, jobs: Server) -> str:
    return ", ".join(quoted(server.user) for server in _list_distinct(web, jobs))


def quoted(identifier: str) -> str:
    """A name as SQL takes it, whatever characters it has."""
    return sql.Identifier(identifier).as_string(None)


def _quote_text(value: str) -> str:
    return sql.Literal(value).as_string(None).strip()
