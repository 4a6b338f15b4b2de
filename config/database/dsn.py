"""Where PostgreSQL itself is: what POSTGRES_URL and POSTGRES_JOBS_URL say. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

TLS_FILES: Final = ("sslrootcert", "sslcert", "sslkey")
KNOWN_PARAMETERS: Final = frozenset(
    (
        *("user", "password", "host", "port", "dbname", "sslmode", *TLS_FILES),
        # Left out: the policy's business, and what PgBouncer does not speak.
        *("connect_timeout", "application_name", "channel_binding"),
    )
)
SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
SYSTEM_CA_FILE: Final = "/etc/ssl/certs/ca-certificates.crt"


class ServerURLError(ValueError):
    """A URL that cannot be used; the text names the variable and the remedy, never the URL."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A role on a PostgreSQL server. `host` is a name, an address or a socket's folder."""

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
    """Whether a line of a configuration file can hold `text`, and gives back just that."""
    return text == text.strip() and all(ord(char) >= 32 and ord(char) != 127 for char in text)


def parse_server_url(variable: str, url: str) -> Server:
    """The server that `url`, the value of `variable`, names.

    libpq's own parser reads it, so every form that psql takes is understood. The time-outs
    and the application's name are the pool policy's business and are left out, as is
    `channel_binding`, which PgBouncer does not speak.

    Raises ServerURLError for what is no such URL, lacks a part, cannot be written into a
    configuration file, or asks for what cannot be kept through PgBouncer (several hosts,
    `options`).
    """
    parts = _parse_parts(variable, url)
    host = parts.get("host") or "localhost"
    if "," in host:
        raise ServerURLError(f"{variable} names several hosts: give the one of the primary.")
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
    "with %XX for the characters that have a meaning in a URL"
)


def _parse_parts(variable: str, url: str) -> dict[str, str]:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ServerURLError(f"{variable} is not a PostgreSQL URL: give {_URL_FORMAT}.")
    try:
        parsed = conninfo_to_dict(url)
    except ProgrammingError:
        # libpq's words quote the URL, and with it the password.
        raise ServerURLError(f"{variable} cannot be read: give {_URL_FORMAT}.") from None
    if unknown := sorted(parsed.keys() - KNOWN_PARAMETERS):
        raise ServerURLError(
            f"{variable} asks for {', '.join(unknown)}, which cannot be kept through a pool: "
            "remove it, or set it on the role (ALTER ROLE ... SET ...)."
        )
    parts = {key: str(value) for key, value in parsed.items() if value is not None}
    for key, value in parts.items():
        _check_writable(variable, key, value)
    return parts


def _check_writable(variable: str, part: str, value: str) -> None:
    if not is_one_line(value):
        raise ServerURLError(
            f"{variable} has a {part} with a blank at an end, a line break or another control "
            "character, which no configuration file holds: remove it."
        )
    is_file = part in TLS_FILES and value != "system"
    if is_file and not value.startswith("/"):
        raise ServerURLError(
            f"{variable} has a {part} that depends on the current folder: "
            "give the file's absolute path."
        )


def _parse_port(variable: str, text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ServerURLError(f"{variable} names no usable port: give {_URL_FORMAT}.")
    return int(text or 5432)


def _parse_verification(variable: str, host: str, parts: dict[str, str]) -> tuple[str, str]:
    """The sslmode and the file of authorities, with libpq's own rules made explicit."""
    if host.startswith("/"):
        return "disable", ""
    mode, authorities = parts.get("sslmode", "prefer"), parts.get("sslrootcert", "")
    if mode not in SSL_MODES:
        raise ServerURLError(f"{variable} has no usable sslmode: give {', '.join(SSL_MODES)}.")
    if authorities == "system":
        return "verify-full", SYSTEM_CA_FILE
    if mode == "require" and authorities:
        return "verify-ca", authorities
    if mode in ("verify-ca", "verify-full") and not authorities:
        raise ServerURLError(
            f"{variable} has sslmode={mode} and no authority to verify with: add "
            "sslrootcert=/path/to/ca.crt, or sslrootcert=system for the system's."
        )
    return mode, authorities
