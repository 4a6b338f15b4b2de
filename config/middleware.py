"""What holds for every answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string

from config.api import PATH, fault

TYPES: Final = ("application/json", "multipart/form-data")

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


def api_refuses_methods(get_response: Answer) -> Answer:
    """Give the refusal of a method the API's shape, which ninja sends as plain text."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not (isinstance(response, HttpResponseNotAllowed) and request.path.startswith(PATH)):
            return response
        allowed = response.headers["Allow"]
        refusal = fault(405, f"This address takes {allowed} only.")
        refusal.headers["Allow"] = allowed
        return refusal

    return middleware


def api_refuses_types(get_response: Answer) -> Answer:
    """Refuse, for the API, a body that says to be neither JSON nor a form."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
        if has_body and request.path.startswith(PATH) and request.content_type not in TYPES:
            return fault(415, f"Send {' or '.join(TYPES)}.")
        return get_response(request)

    return middleware
