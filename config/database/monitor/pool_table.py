"""Render the pools as a table of 80 columns. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from config.database.dsn import Server
from config.database.monitor.activity import RoleStatus
from config.database.monitor.status import Overview, PoolStatus
from config.database.render.roles import quote_identifier
from config.database.sizing.state import PoolSize

WIDTH: Final = 80
LABEL: Final = 26
CELL: Final = 27

POOL_ROWS: Final[tuple[tuple[str, Callable[[PoolStatus], str]], ...]] = (
    ("PgBouncer", lambda pool: pool.version),
    ("  state", lambda pool: "paused" if pool.paused else "open"),
    ("  server connections", lambda pool: f"{pool.servers} of {pool.pool_size}"),
    ("    in use", lambda pool: str(pool.in_use)),
    ("    idle", lambda pool: str(pool.idle)),
    ("    logging in, tested", lambda pool: str(pool.logging_in)),
    ("  clients", lambda pool: f"{pool.clients} of {pool.max_client_conn}"),
    ("    waiting", lambda pool: str(pool.waiting)),
    (
        "    longest wait",
        lambda pool: f"{pool.longest_wait:.1f} s of {pool.query_wait_timeout:g} s",
    ),
)

ROLE_ROWS: Final[tuple[tuple[str, Callable[[RoleStatus], str]], ...]] = (
    ("  backends", lambda role: str(role.backends)),
    ("    active", lambda role: _format_count(role.active)),
    ("    idle", lambda role: _format_count(role.idle)),
    ("    idle in transaction", lambda role: _format_count(role.idle_in_transaction)),
    ("    oldest", lambda role: _format_age(role)),
    ("    abandoned", lambda role: _format_count(role.abandoned, "unknown")),
)


def render_table(overview: Overview, servers: Mapping[str, Server]) -> str:
    lines = [*_render_pools(overview), *_render_roles(overview, servers)]
    notes = [textwrap.fill(note, WIDTH) for note in _render_notes(overview, servers)]
    return "\n".join(lines) + "\n" + "".join(f"\n{note}\n" for note in notes)


def _render_pools(overview: Overview) -> Iterator[str]:
    pools = overview.pools
    yield _render_line("", *pools)
    for label, show in POOL_ROWS:
        away = "no answer" if label == POOL_ROWS[0][0] else "-"
        yield _render_line(label, *(show(pool) if pool else away for pool in pools.values()))


def _render_roles(overview: Overview, servers: Mapping[str, Server]) -> Iterator[str]:
    if overview.roles is None:
        yield _render_line("PostgreSQL", "not available, see below")
        return
    # One role for both pools has one column.
    shared = ", for both pools" if len(overview.roles) < len(servers) else ""
    yield _render_line("PostgreSQL", *(role + shared for role in overview.roles))
    for label, show in ROLE_ROWS:
        yield _render_line(label, *(show(role) for role in overview.roles.values()))


def _render_line(label: str, *cells: str) -> str:
    padded = (f"{cell[: CELL - 2]:{CELL}}" for cell in cells)
    return f"{label:{LABEL}}{''.join(padded)}".rstrip()


def _describe_size(pool: str, size: PoolSize) -> str:
    """Say why the pool has its size, as in `manage.py pools --watch`."""
    moved = datetime.fromtimestamp(size.moved, UTC)
    hosts = f", {size.hosts} hosts share the slots" if size.hosts > 1 else ""
    load = f"{size.busy:.1f} busy, {size.waiting} waiting"
    held = " It would grow, but for that limit." if size.is_held else ""
    return (
        f"The {pool} pool has size {size.size} of at most {size.ceiling} ({load}{hosts}). Last "
        f"move at {moved:%H:%M:%S} UTC: {size.reason}.{held}"
    )


def _format_count(number: int | None, instead: str = "hidden") -> str:
    return instead if number is None else str(number)


def _format_age(role: RoleStatus) -> str:
    if role.oldest is None:
        return "hidden" if role.backends else "-"
    for seconds, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if role.oldest >= 2 * seconds:
            return f"{role.oldest // seconds:.0f} {unit}"
    return f"{role.oldest:.0f} s"


def _render_notes(overview: Overview, servers: Mapping[str, Server]) -> Iterator[str]:
    yield from (_describe_size(name, size) for name, size in overview.sizes.items())
    if failure := overview.errors.get("sizes"):
        yield f"{failure[0].upper()}{failure[1:]}."
    if "postgresql" in overview.errors:
        yield f"PostgreSQL's figures are not available: {overview.errors['postgresql']}."
    roles, jobs = overview.roles or {}, servers["jobs"].user
    for role in (name for name, status in roles.items() if status.active is None):
        yield (
            f"The state of {role}'s backends is hidden from {jobs}. To show it, an administrator "
            f"can run: GRANT pg_read_all_stats TO {quote_identifier(jobs)}"
        )
    for one in overview.ended:
        yield (
            f"Ended process {one.pid} of {one.role}: it held a slot of the {one.pool} pool but "
            "was not one of its connections."
        )
    if any(status.abandoned for status in roles.values()):
        yield (
            "Abandoned backends have no client and end within seconds. Those that remain belong to "
            "another host, or to a client that uses the role without PgBouncer."
        )
