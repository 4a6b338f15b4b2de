"""From the pool policy to PgBouncer's files. Pure.

Two processes, because idle and connect timeouts are global to a PgBouncer process in every
version. The settings are those that 1.18, 1.24 and 1.25 share.
"""

from __future__ import annotations

from typing import Final

from config.database.dsn import Server, is_one_line
from config.database.policy import QUERY_TIMEOUT_MARGIN, PoolPolicy
from config.database.render.django import get_entry_name, get_session_settings
from config.database.render.slots import render_wait

CONSOLE_USER: Final = "pgbouncer"


class UnwritableError(ValueError):
    """A value that PgBouncer's files cannot hold; the text says which, and what to change."""


HEADER: Final = """\
;; Made by `manage.py pgbouncer_config --write`: do not edit.
;; The numbers come from config/database/policy.py and the POOL_{name}_* variables.
"""


def render_ini(policy: PoolPolicy, server: Server, *, host: str, folder: str, replicas: int) -> str:
    """The text of one process's ini file; `host` is a socket's folder or an address for TCP.

    `folder` is the absolute path of the folder in which the file and its userlist lie, and
    `replicas` the number of sidecars that share the pool's slots in PostgreSQL.
    Raises UnwritableError for a value that the file cannot hold.
    """
    sections: dict[str, dict[str, str | int]] = {
        "databases": {get_entry_name(policy, server): _render_entry(policy, server, replicas)},
        "pgbouncer": (
            _get_listen_settings(policy, host)
            | _get_auth_settings(policy, folder)
            | _get_pool_settings(policy)
            | _get_timeouts(policy)
            | _get_tls_settings(server)
            | _get_log_settings()
        ),
    }
    return HEADER.format(name=policy.name.upper()) + "".join(
        f"\n[{name}]\n"
        + "".join(f"{key} = {_check_line(key, value)}\n" for key, value in section.items())
        for name, section in sections.items()
    )


def render_userlist(server: Server, *, console_password: str) -> str:
    """The text of one process's auth_file: the pool's role and the console's user.

    The role's password stands there plainly (mode 0600): PgBouncer needs it to log in.
    Raises UnwritableError for a role that bears the console user's name.
    """
    if server.user == CONSOLE_USER:
        raise UnwritableError(
            f"the role {CONSOLE_USER!r} bears the name of PgBouncer's console user: "
            "name another one in POSTGRES_URL and POSTGRES_JOBS_URL."
        )
    people = {server.user: server.password, CONSOLE_USER: console_password}
    return "".join(f"{_quote(user)} {_quote(secret)}\n" for user, secret in people.items())


def render_connect_query(policy: PoolPolicy, replicas: int) -> str:
    """The statements by which a new server connection gets the pool's settings, then its slot.

    The settings come first, so that a login that PgBouncer gave up does not wait on for a slot;
    before all others the timeout, as a role's own could end any later statement. The function
    that gives the slot adds SITE_SETTINGS.

    PgBouncer, in every version, sends no more than 506 bytes: hence few blanks and short names.
    """
    settings = get_session_settings(policy) | {"search_path": "public"}
    lines = "".join(f"SET {name}={value};" for name, value in settings.items())
    return lines + render_wait(policy, replicas)


def _render_entry(policy: PoolPolicy, server: Server, replicas: int) -> str:
    parts = {
        "host": _get_host(server),
        "port": server.port,
        "dbname": server.dbname,
        "pool_size": policy.max_connections,
        "max_db_connections": policy.max_connections,
        "client_encoding": "UTF8",
        "timezone": "UTC",
        "connect_query": render_connect_query(policy, replicas),
    }
    return " ".join(f"{key}={_quote_value(str(value))}" for key, value in parts.items())


def _get_host(server: Server) -> str:
    # 1.24 tries only the first address of a name, for localhost ::1, where often nobody listens.
    if server.host == "localhost" and server.sslmode != "verify-full":
        return "127.0.0.1"
    return server.host


def _get_listen_settings(policy: PoolPolicy, host: str) -> dict[str, str | int]:
    if "," in host:
        raise UnwritableError(f"PGBOUNCER_HOST={host!r} is a list: give one folder or address.")
    if host.startswith("/"):
        return {
            "listen_port": policy.listen_port,
            "unix_socket_dir": host,
            "unix_socket_mode": "0700",
        }
    return {"listen_addr": host, "listen_port": policy.listen_port, "unix_socket_dir": ""}


def _get_auth_settings(policy: PoolPolicy, folder: str) -> dict[str, str | int]:
    return {
        "auth_type": "scram-sha-256",
        "auth_file": f"{folder}/{policy.name}.userlist",
        "admin_users": CONSOLE_USER,
        "ignore_startup_parameters": "extra_float_digits",
    }


def _get_pool_settings(policy: PoolPolicy) -> dict[str, str | int]:
    return {
        "pool_mode": "transaction",
        "default_pool_size": policy.max_connections,
        "max_db_connections": policy.max_connections,
        "max_user_connections": policy.max_connections,
        "reserve_pool_size": 0,
        "max_client_conn": policy.max_client_conn,
    }


def _get_timeouts(policy: PoolPolicy) -> dict[str, str | int]:
    return {
        "server_idle_timeout": policy.idle_timeout,
        "server_lifetime": policy.max_lifetime,
        "server_connect_timeout": policy.connect_timeout,
        "query_wait_timeout": policy.query_wait_timeout,
        # What a frozen server, or one behind a dropped network, leaves to PgBouncer to end.
        "query_timeout": policy.query_timeout,
        # A client may have turned its session's own limit off.
        "idle_transaction_timeout": policy.idle_in_transaction_timeout + QUERY_TIMEOUT_MARGIN,
        # The default, 15 s, turns an outage of 4 s into 15 s of errors.
        "server_login_retry": 1,
        # The default, 30 s, is longer than the idle timeout: the check would never run.
        "server_check_delay": 5,
        "client_login_timeout": policy.query_wait_timeout,
        # A silently dropped network is noticed after 15 s instead of hours.
        "tcp_keepalive": 1,
        "tcp_keepidle": 30,
        "tcp_keepintvl": 10,
        "tcp_keepcnt": 3,
        "tcp_user_timeout": 15000,
    }


def _get_tls_settings(server: Server) -> dict[str, str | int]:
    files: dict[str, str | int] = {
        "server_tls_ca_file": server.sslrootcert,
        "server_tls_cert_file": server.sslcert,
        "server_tls_key_file": server.sslkey,
    }
    return {"server_tls_sslmode": server.sslmode, **{k: v for k, v in files.items() if v}}


def _get_log_settings() -> dict[str, str | int]:
    # Errors and the minute's figures; a line for each client and server would drown them.
    return {"log_connections": 0, "log_disconnections": 0}


def _check_line(key: str, value: str | int) -> str:
    text = str(value)
    if not is_one_line(text):
        raise UnwritableError(
            f"{key} = {text!r} has a blank at an end, a line break or another control character: "
            "correct VAR_DIR, PGBOUNCER_HOST or POSTGRES_URL."
        )
    return text


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _quote_value(text: str) -> str:
    if text.isascii() and all(c.isalnum() or c in "/._-:" for c in text):
        return text
    return "'" + text.replace("'", "''") + "'"
