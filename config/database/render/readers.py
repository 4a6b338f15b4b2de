"""Render the rights of the replicas' roles, which can only read. Pure.

A replica has the primary's roles and rights, so all of this runs on the primary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.database.dsn import Server
from config.database.policy import PoolPolicy
from config.database.render.django import SITE_SETTINGS, get_session_settings
from config.database.render.roles import (
    Grant,
    limit_connections,
    quote_identifier,
    quote_text,
    render_role,
)
from config.database.render.slot_functions import ENTER_POOL


def get_reader_limits(
    pools: Mapping[str, PoolPolicy], servers: Mapping[str, Server]
) -> dict[str, int]:
    """Return each role's connection limit, which PostgreSQL counts on each replica."""
    return {servers[name].user: pool.count_backends() for name, pool in pools.items()}


def list_reader_grants(reader: str, jobs: Server) -> list[Grant]:
    """Return what the jobs role, which owns the tables, can grant."""
    role = quote_identifier(reader)
    defaults = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote_identifier(jobs.user)} IN SCHEMA public"
    return [
        Grant(
            purpose="the replica's role connects",
            statement=f"GRANT CONNECT ON DATABASE {quote_identifier(jobs.dbname)} TO {role}",
        ),
        Grant(
            purpose="the replica's role sees the schema",
            statement=f"GRANT USAGE ON SCHEMA public TO {role}",
        ),
        Grant(
            purpose="the replica's role reads rows",
            statement=f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        ),
        Grant(
            purpose="the same for future tables of the replica's role",
            statement=f"{defaults} GRANT SELECT ON TABLES TO {role}",
        ),
    ]


def render_readers(
    pools: Mapping[str, PoolPolicy], servers: Mapping[str, Server], jobs: Server
) -> Iterator[str]:
    """Yield the lines that follow the script of `roles`, in the site's database."""
    limits = get_reader_limits(pools, servers)
    for name in {servers[name].user: name for name in pools}.values():
        server, role = servers[name], quote_identifier(servers[name].user)
        yield from render_role(server)
        yield f"{limit_connections(server.user, limits[server.user]).statement};"
        for setting, value in (get_session_settings(pools[name]) | SITE_SETTINGS).items():
            yield f"ALTER ROLE {role} SET {setting} = {quote_text(value)};"
        for grant in list_reader_grants(server.user, jobs):
            yield f"{grant.statement};"
        yield f"GRANT EXECUTE ON FUNCTION {ENTER_POOL} TO {role};"
