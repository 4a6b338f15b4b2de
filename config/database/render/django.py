"""Render Django's DATABASES from the pool policy. Pure."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from config.database.dsn import Server
from config.database.policy import PoolPolicy

Pooling = Literal["pgbouncer", "direct"]

ENGINE: Final = "config.database.backend"

# libpq's options to detect a silently dropped network within 20 s instead of hours: seconds until
# the first and between further probes, their number, and ms until sent data must be acknowledged.
KEEPALIVE: Final = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
}


# Settings that the site's statements rely on, whatever the role's or database's defaults. Django
# writes joins in a good order and its foreign keys are indexed: planning other orders and merge
# joins took 0.2 of the 0.4 ms of the statement that loads each request's session and user.
SITE_SETTINGS: Final = {
    "search_path": "public",
    "join_collapse_limit": "1",
    "enable_mergejoin": "off",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read committed",
    "lock_timeout": "0",
    "idle_session_timeout": "0",
    "row_security": "on",
    # Detect a silently dropped network, so that idle connections release their slots: 30 s after
    # their last packet, or within 5 s of the network's return.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "5",
}


def render_database(
    policy: PoolPolicy, server: Server, *, pooling: Pooling, pgbouncer_host: str
) -> dict[str, Any]:
    """Render the DATABASES entry of one pool.

    `pgbouncer_host` is PgBouncer's socket directory, or its host name for TCP. With
    `pooling="direct"` the startup options set the same limits; PgBouncer would drop them.
    """
    if pooling == "direct":
        where = {"NAME": server.dbname, "HOST": server.host, "PORT": str(server.port)}
        options = get_tls_options(server) | KEEPALIVE | {"options": _render_options(policy)}
    else:
        name, port = get_entry_name(policy, server), str(policy.listen_port)
        where = {"NAME": name, "HOST": pgbouncer_host, "PORT": port}
        options = {"sslmode": "disable"}
    return {
        "ENGINE": ENGINE,
        "USER": server.user,
        "PASSWORD": server.password,
        **where,
        "CONN_MAX_AGE": policy.max_lifetime,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "connect_timeout": policy.connect_timeout,
            "application_name": get_application_name(policy),
            **options,
        },
    }


def get_entry_name(policy: PoolPolicy, server: Server) -> str:
    """Return the database's name in PgBouncer: its own if an ini key can hold it, else the pool's.

    Up to PgBouncer 1.24, keys can hold only these characters.
    """
    is_key = re.fullmatch(r"[A-Za-z0-9_.-]{1,63}", server.dbname)
    return server.dbname if is_key and server.dbname != "pgbouncer" else policy.name


def get_application_name(policy: PoolPolicy) -> str:
    return f"ai4ceo {policy.name}"


def get_session_settings(policy: PoolPolicy) -> dict[str, str]:
    """Return PostgreSQL's settings for the pool's server connections, in milliseconds."""
    return {
        "statement_timeout": str(policy.statement_timeout * 1000),
        "idle_in_transaction_session_timeout": str(policy.idle_in_transaction_timeout * 1000),
        "client_connection_check_interval": str(policy.client_check_interval),
    }


def _render_options(policy: PoolPolicy) -> str:
    settings = {"TimeZone": "UTC"} | get_session_settings(policy) | SITE_SETTINGS
    return " ".join(
        "-c {}={}".format(name, value.replace(" ", r"\ ")) for name, value in settings.items()
    )


def get_tls_options(server: Server) -> dict[str, str]:
    names = ("sslmode", "sslrootcert", "sslcert", "sslkey")
    return {name: value for name in names if (value := getattr(server, name))}
