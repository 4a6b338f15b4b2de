"""How large a request's body may be, and who may have one that is kept on the disk meanwhile.

A body up to DATA_UPLOAD_MAX_MEMORY_SIZE is read into memory, whoever sends it. A larger one is
for the views that say so with `takes_uploads`, once it is known who sends it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True)
class Uploads:
    """`check` gets the person and the announced size, and raises ValidationError; `refused`
    makes the page that says so, from the request and the words."""

    check: Callable[[Any, int], None]
    refused: Callable[[Any, str], HttpResponseBase] | None = None


def takes_uploads(
    check: Callable[[Any, int], None],
    refused: Callable[[Any, str], HttpResponseBase] | None = None,
) -> Callable[[V], V]:
    """Declare that the view takes large bodies, which `check` has let pass."""

    def decorator(view: V) -> V:
        view.uploads = Uploads(check, refused)  # type: ignore[attr-defined]
        return view

    return decorator


def announced_size(request: HttpRequest) -> int:
    """Django reads no more than that, and nothing of a body that does not announce its size."""
    size = request.META.get("CONTENT_LENGTH") or ""
    return int(size) if size.isdecimal() else 0
