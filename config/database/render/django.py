"""From the pool policy to Django's DATABASES. Pure."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from config.database.dsn import Server
from config.database.policy import PoolPolicy

Pooling = Literal["pgbouncer", "direct"]

ENGINE: Final = "config.database.backend"

# libpq's, by which it notices a silently dropped network within 20 s instead of hours: the pauses
# between two probes, in s, their number, and what sent data may wait for the other end, in ms.
KEEPALIVE: Final = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
}


# What the site's statements rely on, whatever a role's or a database's defaults are. Django writes
# joins in the order in which they are best made, and what it joins has its indexes: looking for
# better orders and for merges took 0.2 of the 0.4 ms that the statement costs by which every
# request finds its session and person.
SITE_SETTINGS: Final = {
    "search_path": "public",
    "join_collapse_limit": "1",
    "enable_mergejoin": "off",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read committed",
    "lock_timeout": "0",
    "idle_session_timeout": "0",
    "row_security": "on",
    # A silently dropped network is noticed, so that idle connections give their slots back: 30 s
    # after their last word, or within 5 s of the network's return.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "5",
}


def render_database(
    policy: PoolPolicy, server: Server, *, pooling: Pooling, pgbouncer_host: str
) -> dict[str, Any]:
    """The DATABASES entry of one pool.

    `pgbouncer_host` is the folder of PgBouncer's sockets, or its host name for TCP. With
    `pooling="direct"` the same limits go to PostgreSQL in the connection's start-up options,
    which PgBouncer would not pass on.
    """
    if pooling == "direct":
        where = {"NAME": server.dbname, "HOST": server.host, "PORT": str(server.port)}
        options = _get_tls_options(server) | KEEPALIVE | {"options": _render_options(policy)}
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
    """The database's name towards PgBouncer: its own, else the pool's.

    A key of the ini file holds only these characters, in every version up to 1.24.
    """
    is_key = re.fullmatch(r"[A-Za-z0-9_.-]{1,63}", server.dbname)
    return server.dbname if is_key and server.dbname != "pgbouncer" else policy.name


def get_application_name(policy: PoolPolicy) -> str:
    """What pg_stat_activity shows of this pool's connections."""
    return f"ai4ceo {policy.name}"


def get_session_settings(policy: PoolPolicy) -> dict[str, str]:
    """PostgreSQL's settings for every server connection of the pool, in milliseconds."""
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


def _get_tls_options(server: Server) -> dict[str, str]:
    names = ("sslmode", "sslrootcert", "sslcert", "sslkey")
    return {name: value for name in names if (value := getattr(server, name))}
