"""The stock project's databases, commands and PgBouncer, all with their defaults. Pure."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from config.database.dsn import Server

PERSISTENT: Final = 600  # seconds; longer than any turn
PGBOUNCER_PORT: Final = 6432
# Which options of DATABASES make the variant.
OPTIONS: Final[Mapping[str, dict[str, Any]]] = {
    "persistent": {"CONN_MAX_AGE": PERSISTENT, "CONN_HEALTH_CHECKS": True},
    "unchecked": {"CONN_MAX_AGE": PERSISTENT},
    "new": {"CONN_MAX_AGE": 0},
    "pool": {"CONN_HEALTH_CHECKS": True},
    "pgbouncer-new": {"CONN_MAX_AGE": 0, "DISABLE_SERVER_SIDE_CURSORS": True},
    "pgbouncer": {"CONN_MAX_AGE": PERSISTENT, "DISABLE_SERVER_SIDE_CURSORS": True},
    "asgi": {"CONN_HEALTH_CHECKS": True},
}
POOLED: Final = ("pool", "asgi")
BEHIND_PGBOUNCER: Final = ("pgbouncer", "pgbouncer-new")


def build_database(
    key: str, server: Server, *, password: str, threads: int, pgbouncer: str
) -> dict[str, Any]:
    """Return the variant's entry of DATABASES; `pgbouncer` is the folder of its socket."""
    is_pooled = key in BEHIND_PGBOUNCER
    entry: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": server.dbname,
        "USER": get_role(key),
        "PASSWORD": password,
        "HOST": pgbouncer if is_pooled else server.host,
        "PORT": str(PGBOUNCER_PORT if is_pooled else server.port),
    }
    if key in POOLED:
        entry["OPTIONS"] = {"pool": {"min_size": 2, "max_size": threads}}
    return entry | OPTIONS[key]


def get_role(key: str) -> str:
    return f"benchmark_{key.replace('-', '_')}"


def build_command(key: str, *, port: int, workers: int, threads: int) -> list[str]:
    if key == "asgi":
        options = ["--port", str(port), "--workers", str(workers), "--no-access-log"]
        return [sys.executable, "-m", "uvicorn", *options, "bench.stock.asgi:application"]
    options = ["--workers", str(workers), "--threads", str(threads), "--bind", f"127.0.0.1:{port}"]
    return [sys.executable, "-m", "gunicorn", *options, "bench.stock.wsgi"]


def render_pgbouncer(folder: str, server: Server) -> str:
    """Return the ini file of a PgBouncer in transaction mode with the defaults."""
    return (
        f"[databases]\n* = host={server.host} port={server.port}\n"
        f"[pgbouncer]\nlisten_port = {PGBOUNCER_PORT}\nunix_socket_dir = {folder}\n"
        f"auth_type = scram-sha-256\nauth_file = {folder}/users.txt\npool_mode = transaction\n"
    )
