"""Reading the environment: typed, and with errors that name the variable and the remedy."""

from __future__ import annotations

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.FileAwareEnv):  # type: ignore[misc]  # the package has no types
    """django-environ's; every method raises ImproperlyConfigured for a value it cannot use."""

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
        raise ImproperlyConfigured(f"{name}={value!r} is not allowed: give {' or '.join(allowed)}.")

    def flag(self, name: str) -> bool:
        if (value := self.text(name, "false").lower()) in ("true", "false"):
            return value == "true"
        raise ImproperlyConfigured(f"{name}={value!r} is not allowed: give true or false.")

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and low <= int(value) <= high:
            return int(value)
        raise ImproperlyConfigured(
            f"{name}={value!r} is not allowed: give a whole number from {low} to {high}."
        )
