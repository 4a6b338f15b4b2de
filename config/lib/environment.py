"""Typed environment variables; errors name the variable and the remedy."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from config.database.dsn import is_one_line

REDIS: Final = "django.core.cache.backends.redis.RedisCache"
# Seconds. Every sign-in uses the cache, so a Redis that hangs would block all threads.
CACHE_TIMEOUTS: Final = {"socket_connect_timeout": 2, "socket_timeout": 2}

CACHE_TABLE: Final = {
    "BACKEND": "config.lib.cache.DatabaseCache",
    "LOCATION": "cache",
    # With the default of 300, an attacker could evict other users' attempt counts.
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}


class Environment(environ.FileAwareEnv):
    """Every method raises ImproperlyConfigured for an invalid value."""

    EMAIL_SCHEMES = environ.FileAwareEnv.EMAIL_SCHEMES | {
        "filemail": "config.mail.folder.EmailBackend"
    }

    def text(self, name: str, default: str = "") -> str:
        try:
            # A file named by NAME_FILE usually ends with a line break.
            return str(self.str(name, "")).rstrip("\r\n") or default
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", "") or "not UTF-8 text"
            raise build_error(
                *(f"{name}_FILE", os.environ[f"{name}_FILE"]),
                f"give the path of a file that the site's user can read ({reason}).",
            ) from None

    def required(self, name: str, remedy: str) -> str:
        if value := self.text(name):
            return value
        raise ImproperlyConfigured(f"{name} is not set: {remedy}")

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        if (value := self.text(name, default)) in allowed:
            return value
        raise build_error(name, value, f"give {' or '.join(allowed)}.")

    def flag(self, name: str, *, default: bool = False) -> bool:
        if (value := self.text(name, str(default)).lower()) in ("true", "false"):
            return value == "true"
        raise build_error(name, value, "give true or false.")

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and low <= int(value) <= high:
            return int(value)
        raise build_error(name, value, f"give a whole number from {low} to {high}.")

    def subset(self, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """Read a comma-separated subset of `allowed`; all of them by default."""
        value = self.text(name, ",".join(allowed))
        chosen = tuple(part.strip() for part in value.split(","))
        if set(chosen) <= set(allowed):
            return chosen
        raise build_error(name, value, f"give some of {','.join(allowed)}.")

    def networks(self, name: str) -> tuple[str, ...]:
        """Read IP addresses and networks, separated by spaces or commas."""
        values = self.text(name).replace(",", " ").split()
        for value in values:
            if not is_network(value):
                raise build_error(name, value, "give IP addresses or networks, as in 10.0.0.0/8.")
        return tuple(values)

    def addresses(self, name: str) -> tuple[str, ...]:
        """Read HOST:PORT pairs, separated by spaces or commas."""
        values = self.text(name).replace(",", " ").split()
        for value in values:
            if not is_address(value):
                raise build_error(name, value, "give HOST:PORT, as in 10.0.0.11:8000.")
        if len(set(map(str.lower, values))) < len(values):
            raise build_error(name, self.text(name), "give each address only once.")
        return tuple(values)

    def paths(self, name: str) -> tuple[str, ...]:
        values = tuple(part.strip() for part in self.text(name).split(",") if part.strip())
        for value in values:
            if not value.startswith("/"):
                raise build_error(name, value, "give absolute paths, separated by commas.")
        return values

    def file(self, name: str) -> str:
        """Read the path of a file that exists and is readable; empty if there is none."""
        value = self.text(name)
        if value and not (value[0] == "/" and Path(value).is_file() and os.access(value, os.R_OK)):
            raise build_error(
                name, value, "give the absolute path of a file that the site's user can read."
            )
        return value

    def mailbox(self, name: str, default: str) -> str:
        value = self.text(name, default)
        try:
            validate_email(value)
        except ValidationError:
            raise build_error(name, value, "give one e-mail address.") from None
        return value

    def host(self, name: str, default: str) -> str:
        """Read a socket directory, host name or IP address; libpq would also accept a list."""
        value = self.text(name, default)
        if is_one_line(value) and "," not in value and (value[0] == "/" or "/" not in value):
            return value
        raise build_error(name, value, "give one absolute path, host name or IP address.")

    def host_name(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if re.fullmatch(r"[A-Za-z0-9._-]{1,253}", value):
            return value
        raise build_error(
            name, value, "give 1 to 253 letters, digits, dots, hyphens and underscores."
        )

    def site_url(self, name: str, default: str) -> SplitResult:
        value = self.text(name, default).rstrip("/")
        try:
            site = urlsplit(value)
            if site.scheme in ("http", "https") and site.hostname and site.port != 0:
                return site
        except ValueError:
            pass
        raise build_error(name, value, "give https://HOST[:PORT].")

    def cache(self, name: str, default: dict[str, Any]) -> dict[str, Any]:
        """Read a CACHES entry; Redis gets CACHE_TIMEOUTS unless the URL sets its own."""
        entry = self._from_url(name, self.cache_url_config, "redis://HOST:6379/0")
        if entry.get("BACKEND") == REDIS:
            entry["OPTIONS"] = CACHE_TIMEOUTS | entry.get("OPTIONS", {})
        return entry or default

    def mail(self, name: str, default: str) -> dict[str, Any]:
        example = "smtp+tls://USER:PASSWORD@HOST:587"
        return self._from_url(name, self.email_url_config, example, default)

    def _from_url(
        self, name: str, parse: Callable[[str], dict[str, Any]], example: str, default: str = ""
    ) -> dict[str, Any]:
        try:
            return parse(url) if (url := self.text(name, default)) else {}
        except (ImproperlyConfigured, ValueError):
            # The value and the parser's message may contain the password.
            raise ImproperlyConfigured(
                f"{name} is not valid: give {example}, with special characters written as %XX, "
                "or remove it for the default."
            ) from None


def is_address(value: str) -> bool:
    """Return whether the value is a host name or IPv4 address with a port."""
    host, _, port = value.rpartition(":")
    is_name = re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", host, re.ASCII)
    return bool(is_name) and port.isascii() and port.isdigit() and 0 < int(port) < 65536


def is_network(value: str) -> bool:
    """Return whether HAProxy accepts the value; it rejects zone IDs such as %eth0."""
    try:
        return bool(ip_network(value)) and "%" not in value
    except ValueError:
        return False


def build_error(name: str, value: str, remedy: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}={value!r} is not allowed: {remedy}")


def bracket_ipv6(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def get_local_url(bind: str, port: int) -> str:
    """Return the URL at which this machine reaches a server that listens on `bind`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104  compared, not bound
    return f"http://{bracket_ipv6(host)}:{port}"
