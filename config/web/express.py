"""The requests that are answered although every thread waits for the database."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.urls import reverse

from accounts.middleware import SHELL

METHODS: Final = ("GET", "HEAD")


class Express:
    """What needs nothing of the database: /healthz, static files, and a stranger's way in."""

    def __init__(self) -> None:
        self.session = f"{settings.SESSION_COOKIE_NAME}="
        self.open = beginnings(f"{reverse('healthz')} ", settings.STATIC_URL)
        self.for_strangers = beginnings(
            *(reverse(name) + end for name in SHELL for end in (" ", "?"))
        )

    def takes(self, head: bytearray) -> bool:
        if head.startswith(self.open):
            return True
        return head.startswith(self.for_strangers) and self.session.encode() not in head

    def forget_session(self, request: Any) -> None:
        """Make gunicorn's request a stranger's, so that nothing asks who it is."""
        request.headers = [
            (name, value)
            for name, value in request.headers
            if name != "COOKIE" or self.session not in value
        ]


def beginnings(*targets: str) -> tuple[bytes, ...]:
    return tuple(f"{method} {target}".encode() for method in METHODS for target in targets)
