"""HAProxy's own error responses, rendered like the site's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from config.lib.error_responses import API_PATH, RETRY_AFTER, busy_page, error_response, is_api
from config.lib.request_ids import request_id
from config.proxy.policy import ID_MARK, ErrorResponse

MESSAGES: Final = {
    400: "The request could not be read.",
    408: "The request came too slowly. Send it again.",
    411: "Send the body's size as Content-Length.",
    413: "The request is too large.",
    414: "The URL is too long.",
    417: "The request could not be read.",
    431: "The request's headers are too long.",
    500: "Something went wrong.",
    501: "The request could not be read.",
    502: "The site could not answer. Try again in a moment.",
    503: "Too many people are using the site right now. Try again in a moment.",
    504: "The site took too long to answer. Try again in a moment.",
}
AWAY: Final = (
    "Nothing can be saved right now: the region that does that is out of reach. You can go on "
    "reading. Try again in a moment."
)
# Headers that HAProxy sets itself.
PROXY_HEADERS: Final = frozenset({"Content-Length", "Content-Type", "Content-Encoding"})
# Not a request of anybody: neither logged nor counted.
LEFT_OUT: Final = "config.observe.request_log.log_requests"


def build_error_responses() -> list[ErrorResponse]:
    """Build the responses with the site's security headers; temporary errors get Retry-After."""
    return [_build_error_response(status, message) for status, message in MESSAGES.items()]


def build_away_response() -> ErrorResponse:
    """Build the response of a region while that of the primary is out of reach."""
    return replace(_build_error_response(503, AWAY), name="away")


def _build_error_response(status: int, message: str) -> ErrorResponse:
    token = request_id.set(ID_MARK)
    page, api = (_run_middleware(path, status, message) for path in ("/", API_PATH))
    request_id.reset(token)
    headers = {name: value for name, value in page.items() if name not in PROXY_HEADERS}
    if status in (408, 502, 503, 504):
        headers["Retry-After"] = str(RETRY_AFTER)
    bodies = {"page": page.content.decode(), "api": api.content.decode()}
    return ErrorResponse(status, bodies, headers)


def _run_middleware(path: str, status: int, message: str) -> Any:
    """Return the error response with the headers that the site's middleware adds."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if message == MESSAGES[503] and not is_api(request):
            return busy_page()
        context = {"status": status, "message": message}
        return error_response(request, status, message, "front_error.html", context)

    environ: dict[str, Any] = {
        "PATH_INFO": path,
        "HTTP_HOST": settings.SITE_HOST,
        "wsgi.url_scheme": settings.SITE.scheme,
        # Prevents a redirect to HTTPS.
        "HTTP_X_FORWARDED_PROTO": settings.SITE.scheme,
    }
    setup_testing_defaults(environ)
    get_response: Any = respond
    for name in reversed(settings.MIDDLEWARE):
        if name != LEFT_OUT:
            get_response = import_string(name)(get_response)
    return get_response(WSGIRequest(environ))
