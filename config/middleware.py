"""What holds for every answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed

from config.lib.error_responses import error_response, is_api
from config.lib.request_bodies import get_body_size

ISOLATION: Final = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_KEPT: Final = "private, no-store"
PROBES: Final = ("/healthz", "/readyz")

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


def isolate(get_response: Answer) -> Answer:
    """Keep other sites' pages, and the devices of the person's machine, away from every answer."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in ISOLATION.items():
            response.headers.setdefault(name, value)
        ended = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if ended is not None and not ended.value:
            # What the browser keeps of the pictures was for whoever has signed out.
            response.headers["Clear-Site-Data"] = '"cache"'
        return response

    return middleware


def answer_probes(get_response: Answer) -> Answer:
    """Have a probe of the site's health ask under any name, such as its machine's IP address."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path in PROBES:
            request.META["HTTP_HOST"] = settings.SITE_HOST
        return get_response(request)

    return middleware


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


def refuse_unmeasured_bodies(get_response: Answer) -> Answer:
    """Answer 411 to a body that does not announce its size: Django would take it for none."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "HTTP_TRANSFER_ENCODING" not in request.META:
            return get_response(request)
        return error_response(request, 411, "Send the body's size as Content-Length.", "411.html")

    return middleware


def refuse_large_bodies(get_response: Answer) -> Answer:
    """Answer 413 before anything reads a body that is larger than any that is taken."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        most = settings.REQUEST_MAX_SIZE
        if get_body_size(request) <= most:
            return get_response(request)
        return too_large(request, most)

    return middleware


class BodyLimits:
    """Refuse a body before it is read, as the protection of forms does, and stored, where the
    view takes none so large or not from whom has sent it. The API does so by itself."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *args: Any) -> HttpResponseBase | None:
        size, plain = get_body_size(request), settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if size <= plain or is_api(request):
            return None
        uploads = getattr(view, "uploads", None)
        if uploads is None:
            return too_large(request, plain)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        try:
            uploads.check(request.user, size)
        except ValidationError as error:
            page: HttpResponseBase = uploads.render_error(request, " ".join(error.messages))
            return page
        return None


def too_large(request: HttpRequest, most: int) -> HttpResponse:
    largest = f"{most // 1_000_000} MB"
    message = f"The request is larger than {largest}."
    return error_response(request, 413, message, "413.html", {"largest": largest})


def refuse_methods(get_response: Answer) -> Answer:
    """Say that a method is refused: in the API's shape, or on a page."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        allowed = response.headers["Allow"]
        message = f"This address takes {allowed} only."
        context = {"method": request.method, "allowed": allowed}
        refusal = error_response(request, 405, message, "405.html", context)
        refusal.headers["Allow"] = allowed
        return refusal

    return middleware
