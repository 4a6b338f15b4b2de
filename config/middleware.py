"""Middleware for all requests: headers, probes, body limits, methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed

from config.lib.error_responses import error_response, is_api
from config.lib.request_bodies import get_body_size

ISOLATION: Final = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NO_STORE: Final = "private, no-store"
PROBES: Final = ("/healthz", "/readyz")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def handle_head_as_get(get_response: GetResponse) -> GetResponse:
    """Handle HEAD as GET and strip the body, about which gunicorn would warn each time."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method != "HEAD":
            return get_response(request)
        request.method = "GET"
        response = get_response(request)
        request.method = "HEAD"
        return strip_body(response)

    return middleware


def strip_body(response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = ()
    else:
        cast("HttpResponse", response).content = b""
    return response


def set_isolation_headers(get_response: GetResponse) -> GetResponse:
    """Set the headers that isolate the site from other origins and from devices."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in ISOLATION.items():
            response.headers.setdefault(name, value)
        session = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if session is not None and not session.value:
            # After signing out: the browser's cache holds private avatars.
            response.headers["Clear-Site-Data"] = '"cache"'
        return response

    return middleware


def allow_probes_by_any_host(get_response: GetResponse) -> GetResponse:
    """Accept health probes with any Host header, such as the machine's IP address."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path in PROBES:
            request.META["HTTP_HOST"] = settings.SITE_HOST
        return get_response(request)

    return middleware


def default_to_no_store(get_response: GetResponse) -> GetResponse:
    """Default to `Cache-Control: private, no-store`."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", NO_STORE)
        return response

    return middleware


def set_content_security_policy(get_response: GetResponse) -> GetResponse:
    """Add the site's policy to responses without their own."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response

    return middleware


def require_content_length(get_response: GetResponse) -> GetResponse:
    """Answer 411 to a chunked body, which Django would treat as empty."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "HTTP_TRANSFER_ENCODING" not in request.META:
            return get_response(request)
        return error_response(request, 411, "Send the body's size as Content-Length.", "411.html")

    return middleware


def limit_body_size(get_response: GetResponse) -> GetResponse:
    """Answer 413 to a body larger than REQUEST_MAX_SIZE, before it is read."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        limit = settings.REQUEST_MAX_SIZE
        if get_body_size(request) <= limit:
            return get_response(request)
        return reject_too_large(request, limit)

    return middleware


class BodyLimitMiddleware:
    """Reject a large body, before the CSRF check reads it, unless the view and user allow it.

    The API checks its own requests.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *args: Any) -> HttpResponseBase | None:
        size, limit = get_body_size(request), settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if size <= limit or is_api(request):
            return None
        uploads = getattr(view, "uploads", None)
        if uploads is None:
            return reject_too_large(request, limit)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        try:
            uploads.check(request.user, size)
        except ValidationError as error:
            page: HttpResponseBase = uploads.render_error(request, " ".join(error.messages))
            return page
        return None


def reject_too_large(request: HttpRequest, limit: int) -> HttpResponse:
    largest = f"{limit // 1_000_000} MB"
    message = f"The request is larger than {largest}."
    return error_response(request, 413, message, "413.html", {"largest": largest})


def render_method_not_allowed(get_response: GetResponse) -> GetResponse:
    """Replace Django's empty 405 response by a page or the API's error."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        allowed = response.headers["Allow"]
        message = f"This URL accepts {allowed} only."
        context = {"method": request.method, "allowed": allowed}
        page = error_response(request, 405, message, "405.html", context)
        page.headers["Allow"] = allowed
        return page

    return middleware
