"""Parse POSTGRES_URL and the URLs of the other roles. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

TLS_FILES: Final = ("sslrootcert", "sslcert", "sslkey")
KNOWN_PARAMETERS: Final = frozenset(
    (
        *("user", "password", "host", "port", "dbname", "sslmode", *TLS_FILES),
        # Accepted but ignored: set by the policy, or not supported by PgBouncer.
        *("connect_timeout", "application_name", "channel_binding"),
    )
)
COMMA_BETWEEN_URLS: Final = re.compile(r",\s*(postgres(ql)?://|$)|\s,")
SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
SYSTEM_CA_FILE: Final = "/etc/ssl/certs/ca-certificates.crt"


class ServerURLError(ValueError):
    """An unusable URL. The message names the variable and the fix, never the URL."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A role on a PostgreSQL server. `host` is a name, an IP address or a socket directory."""

    host: str
    port: int
    dbname: str
    user: str
    password: str = field(default="", repr=False)
    sslmode: str
    sslrootcert: str = ""
    sslcert: str = ""
    sslkey: str = ""

    @property
    def is_local_socket(self) -> bool:
        return self.host.startswith("/")


def is_one_line(text: str) -> bool:
    """Return whether a line of a configuration file can hold `text` unchanged."""
    return text == text.strip() and all(ord(char) >= 32 and ord(char) != 127 for char in text)


def parse_server_urls(
    web: str, *, jobs: str, admin: str, monitor: str
) -> tuple[dict[str, Server], Server, Server | None]:
    """Return the pools' servers, the one for psql and pg_dump, and the exporter's, if any.

    psql and pg_dump bypass the pools, where their session settings would persist. The defaults of
    empty URLs are web for jobs, and jobs for admin. Raise ServerURLError.
    """
    servers = {
        "web": parse_server_url("POSTGRES_URL", web),
        "jobs": parse_server_url("POSTGRES_JOBS_URL", jobs or web),
    }
    tools = parse_server_url("POSTGRES_ADMIN_URL", admin or jobs or web)
    exporter = parse_server_url("POSTGRES_MONITOR_URL", monitor) if monitor else None
    return servers, tools, exporter


def parse_replica_urls(urls: str, primary: Mapping[str, Server]) -> dict[str, Server]:
    """Return the replicas of POSTGRES_READ_URL, which are separated by blanks: read1, read2, ...

    Raise ServerURLError, also for a role that writes, another database than the primary's, and a
    replica that is given twice.
    """
    if COMMA_BETWEEN_URLS.search(urls):
        raise ServerURLError("POSTGRES_READ_URL has a comma between URLs: separate them by blanks.")
    remedy = "give a URL for each replica, separated by blanks"
    servers = [parse_server_url("POSTGRES_READ_URL", url, several=remedy) for url in urls.split()]
    for number, server in enumerate(servers):
        if server.user in {other.user for other in primary.values()}:
            raise ServerURLError(
                f"POSTGRES_READ_URL names the role {server.user}, which can write: give a role of "
                "its own, which `manage.py database_roles --sql` creates."
            )
        if server.dbname != primary["web"].dbname:
            raise ServerURLError(
                f"POSTGRES_READ_URL names another database: it must be {primary['web'].dbname}."
            )
        if (server.host, server.port) in [(other.host, other.port) for other in servers[:number]]:
            raise ServerURLError(
                f"POSTGRES_READ_URL names {server.host}, port {server.port}, twice: remove one of "
                "the two URLs."
            )
    return {f"read{number}": server for number, server in enumerate(servers, 1)}


def parse_server_url(variable: str, url: str, *, several: str = "give the primary's") -> Server:
    """Return the server that `url`, the value of `variable`, names.

    libpq parses it, so every form that psql accepts works. Timeouts and the application name
    are ignored because the pool policy sets them; so is `channel_binding`, which PgBouncer
    does not support.

    Raise ServerURLError if the URL is invalid or incomplete, does not fit into a configuration
    file, or needs what PgBouncer cannot provide (several hosts, `options`). `several` is the remedy
    for several hosts.
    """
    parts = _parse_parts(variable, url)
    host = parts.get("host") or "localhost"
    if "," in host:
        raise ServerURLError(f"{variable} names several hosts: {several}.")
    for part in ("user", "dbname"):
        if not parts.get(part):
            raise ServerURLError(f"{variable} names no {part}: give {_URL_FORMAT}.")
    sslmode, sslrootcert = _parse_verification(variable, host, parts)
    return Server(
        host=host,
        port=_parse_port(variable, parts.get("port", "")),
        dbname=parts["dbname"],
        user=parts["user"],
        password=parts.get("password", ""),
        sslmode=sslmode,
        sslrootcert=sslrootcert,
        sslcert=parts.get("sslcert", ""),
        sslkey=parts.get("sslkey", ""),
    )


_URL_FORMAT: Final = (
    "postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full, "
    "with special characters percent-encoded (%XX)"
)


def _parse_parts(variable: str, url: str) -> dict[str, str]:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ServerURLError(f"{variable} is not a PostgreSQL URL: give {_URL_FORMAT}.")
    try:
        parsed = conninfo_to_dict(url)
    except ProgrammingError:
        # libpq's message quotes the URL, and so the password.
        raise ServerURLError(f"{variable} cannot be parsed: give {_URL_FORMAT}.") from None
    if unknown := sorted(parsed.keys() - KNOWN_PARAMETERS):
        raise ServerURLError(
            f"{variable} sets {', '.join(unknown)}, which does not work through a pool: "
            "remove it, or set it on the role (ALTER ROLE ... SET ...)."
        )
    parts = {key: str(value) for key, value in parsed.items() if value is not None}
    for key, value in parts.items():
        _check_writable(variable, key, value)
    return parts


def _check_writable(variable: str, part: str, value: str) -> None:
    if not is_one_line(value):
        raise ServerURLError(
            f"{variable} has a {part} with leading or trailing whitespace or a control "
            "character, which a configuration file cannot hold: remove it."
        )
    is_file = part in TLS_FILES and value != "system"
    if is_file and not value.startswith("/"):
        raise ServerURLError(
            f"{variable} has a {part} relative to the current directory: give an absolute path."
        )


def _parse_port(variable: str, text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ServerURLError(f"{variable} has an invalid port: give {_URL_FORMAT}.")
    return int(text or 5432)


def _parse_verification(variable: str, host: str, parts: dict[str, str]) -> tuple[str, str]:
    """Return sslmode and CA file, with libpq's defaults made explicit."""
    if host.startswith("/"):
        return "disable", ""
    mode, authorities = parts.get("sslmode", "prefer"), parts.get("sslrootcert", "")
    if mode not in SSL_MODES:
        raise ServerURLError(f"{variable} has an invalid sslmode: give {', '.join(SSL_MODES)}.")
    if authorities == "system":
        return "verify-full", SYSTEM_CA_FILE
    if mode == "require" and authorities:
        return "verify-ca", authorities
    if mode in ("verify-ca", "verify-full") and not authorities:
        raise ServerURLError(
            f"{variable} has sslmode={mode} without a CA to verify with: add "
            "sslrootcert=/path/to/ca.crt, or sslrootcert=system for the system's CAs."
        )
    return mode, authorities
