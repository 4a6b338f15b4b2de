"""Views that accept request bodies above DATA_UPLOAD_MAX_MEMORY_SIZE, from signed-in users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True)
class Uploads:
    """How a view accepts large bodies.

    `check(user, size)` raises ValidationError; `render_error(request, message)` returns the page.
    """

    check: Callable[[Any, int], None]
    render_error: Callable[[Any, str], HttpResponseBase] | None = None


def accept_uploads(
    check: Callable[[Any, int], None],
    render_error: Callable[[Any, str], HttpResponseBase] | None = None,
) -> Callable[[V], V]:
    """Let the view receive large bodies that pass `check`."""

    def decorator(view: V) -> V:
        view.uploads = Uploads(check, render_error)  # type: ignore[attr-defined]  # V is a function
        return view

    return decorator


def get_body_size(request: HttpRequest) -> int:
    """Return Content-Length, or 0 without one: Django reads only that much."""
    size = request.META.get("CONTENT_LENGTH") or ""
    return int(size) if size.isdecimal() else 0
