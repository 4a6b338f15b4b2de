"""Reading the environment: typed, and with errors that name the variable and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from config.database.dsn import is_one_line

REDIS: Final = "django.core.cache.backends.redis.RedisCache"
# Seconds; every sign-in asks the cache, so that one which hangs would hold all threads.
CACHE_TIMEOUTS: Final = {"socket_connect_timeout": 2, "socket_timeout": 2}

CACHE_TABLE: Final = {
    "BACKEND": "config.lib.cache.DatabaseCache",
    "LOCATION": "cache",
    # With the default, 300, whoever tries 300 addresses pushes the counts of others out.
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}


class Environment(environ.FileAwareEnv):  # type: ignore[misc]  # the package has no types
    """django-environ's; every method raises ImproperlyConfigured for a value it cannot use."""

    EMAIL_SCHEMES = environ.FileAwareEnv.EMAIL_SCHEMES | {
        "filemail": "config.mail.folder.EmailBackend"
    }

    def text(self, name: str, default: str = "") -> str:
        # A file that NAME_FILE names mostly ends with a line break.
        return str(self.str(name, "")).rstrip("\r\n") or default

    def required(self, name: str, remedy: str) -> str:
        if value := self.text(name):
            return value
        raise ImproperlyConfigured(f"{name} is not set: {remedy}")

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        if (value := self.text(name, default)) in allowed:
            return value
        raise refused(name, value, f"give {' or '.join(allowed)}.")

    def flag(self, name: str, *, default: bool = False) -> bool:
        if (value := self.text(name, str(default)).lower()) in ("true", "false"):
            return value == "true"
        raise refused(name, value, "give true or false.")

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and low <= int(value) <= high:
            return int(value)
        raise refused(name, value, f"give a whole number from {low} to {high}.")

    def some(self, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """One or several of `allowed`, with commas between them; all of them by default."""
        value = self.text(name, ",".join(allowed))
        chosen = tuple(part.strip() for part in value.split(","))
        if set(chosen) <= set(allowed):
            return chosen
        raise refused(name, value, f"give some of {','.join(allowed)}.")

    def networks(self, name: str) -> tuple[str, ...]:
        """IP addresses and networks, with blanks or commas between them."""
        values = self.text(name).replace(",", " ").split()
        for value in values:
            if not is_network(value):
                raise refused(name, value, "give IP addresses or networks, as in 10.0.0.0/8.")
        return tuple(values)

    def paths(self, name: str) -> tuple[str, ...]:
        """Absolute paths, with commas between them."""
        values = tuple(part.strip() for part in self.text(name).split(",") if part.strip())
        for value in values:
            if not value.startswith("/"):
                raise refused(name, value, "give absolute paths, with commas between them.")
        return values

    def mailbox(self, name: str, default: str) -> str:
        value = self.text(name, default)
        try:
            validate_email(value)
        except ValidationError:
            raise refused(name, value, "give one e-mail address.") from None
        return value

    def host(self, name: str, default: str) -> str:
        """A folder of sockets, a host name or an address; libpq would take a list as well."""
        value = self.text(name, default)
        if is_one_line(value) and "," not in value and (value[0] == "/" or "/" not in value):
            return value
        raise refused(name, value, "give one folder (its absolute path), host name or address.")

    def site(self, name: str, default: str) -> SplitResult:
        value = self.text(name, default).rstrip("/")
        try:
            site = urlsplit(value)
            if site.scheme in ("http", "https") and site.hostname and site.port != 0:
                return site
        except ValueError:
            pass
        raise refused(name, value, "give https://HOST[:PORT].")

    def cache(self, name: str, default: dict[str, Any]) -> dict[str, Any]:
        """A CACHES entry; a Redis that does not answer is waited for as long as CACHE_TIMEOUTS."""
        entry = self._from_url(name, self.cache_url_config, "redis://HOST:6379/0")
        if entry.get("BACKEND") == REDIS:
            entry["OPTIONS"] = CACHE_TIMEOUTS | entry.get("OPTIONS", {})
        return entry or default

    def mail(self, name: str, default: str) -> dict[str, Any]:
        """The EMAIL_* settings."""
        form = "smtp+tls://USER:PASSWORD@HOST:587"
        return self._from_url(name, self.email_url_config, form, default)

    def _from_url(
        self, name: str, parse: Callable[[str], dict[str, Any]], form: str, default: str = ""
    ) -> dict[str, Any]:
        try:
            return parse(url) if (url := self.text(name, default)) else {}
        except (ImproperlyConfigured, ValueError):
            # Neither the value nor the parser's words, in which the password may be.
            raise ImproperlyConfigured(
                f"{name} cannot be used: give {form}, with %XX for the characters that have a "
                "meaning in a URL, or remove it for the default."
            ) from None


def is_network(value: str) -> bool:
    """Whether HAProxy takes it as an address or a network; one of a link, %eth0, it does not."""
    try:
        return bool(ip_network(value)) and "%" not in value
    except ValueError:
        return False


def refused(name: str, value: str, remedy: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}={value!r} is not allowed: {remedy}")


def bracketed(host: str) -> str:
    """The host as it stands in a URL and in a Host header."""
    return f"[{host}]" if ":" in host else host


def reached_at(bind: str, port: int) -> str:
    """The address under which this machine reaches what listens on `bind`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104  compared, not bound
    return f"http://{bracketed(host)}:{port}"
