"""What holds for every answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string

from config.api import PATH, fault

NOT_KEPT: Final = "private, no-store"

Answer = Callable[[HttpRequest], HttpResponseBase]


def head_is_get(get_response: Answer) -> Answer:
    """Answer HEAD as GET, without the body, of which gunicorn would complain each time."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method != "HEAD":
            return get_response(request)
        request.method = "GET"
        response = get_response(request)
        request.method = "HEAD"
        return without_body(response)

    return middleware


def without_body(response: HttpResponseBase) -> HttpResponseBase:
    if response.streaming:
        response.streaming_content = ()  # type: ignore[attr-defined]
    else:
        response.content = b""  # type: ignore[attr-defined]
    return response


def keep_nothing(get_response: Answer) -> Answer:
    """Have nobody keep an answer that does not say for how long."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", NOT_KEPT)
        return response

    return middleware


def content_security_policy(get_response: Answer) -> Answer:
    """Send the policy of all pages, put together once, with an answer that has none of its own."""
    policy = "; ".join(f"{kind} {' '.join(of)}" for kind, of in settings.SECURE_CSP.items())

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware


def refuse_large_bodies(get_response: Answer) -> Answer:
    """Answer 413 before anything reads a body that is larger than any that is taken."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if _announced_size(request) <= settings.REQUEST_MAX_SIZE:
            return get_response(request)
        largest = f"{settings.REQUEST_MAX_SIZE // 1_000_000} MB"
        if request.path.startswith(PATH):
            return fault(413, f"The request is larger than {largest}.")
        return HttpResponse(render_to_string("413.html", {"largest": largest}), status=413)

    return middleware


def _announced_size(request: HttpRequest) -> int:
    """Django reads no more than that, and nothing of a body that does not announce its size."""
    size = request.META.get("CONTENT_LENGTH") or ""
    return int(size) if size.isdecimal() else 0


def refuse_methods(get_response: Answer) -> Answer:
    """Say that a method is refused: in the API's shape, or on a page."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        allowed = response.headers["Allow"]
        if request.path.startswith(PATH):
            refusal = fault(405, f"This address takes {allowed} only.")
        else:
            page = render_to_string("405.html", {"method": request.method, "allowed": allowed})
            refusal = HttpResponse(page, status=405)
        refusal.headers["Allow"] = allowed
        return refusal

    return middleware
