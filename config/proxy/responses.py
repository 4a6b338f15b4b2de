"""The answers that HAProxy gives by itself, as the site would give them."""

from __future__ import annotations

from typing import Any, Final
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from config.lib.error_responses import API_PATH, RETRY_AFTER, busy_page, error_response, is_api
from config.proxy.policy import Answer

SAYS: Final = {
    400: "The request could not be read.",
    408: "The request came too slowly. Send it again.",
    411: "Send the body's size as Content-Length.",
    413: "The request is too large.",
    414: "The address is too long.",
    417: "The request could not be read.",
    431: "The request's headers are too long.",
    500: "Something went wrong.",
    501: "The request could not be read.",
    502: "The site could not answer. Try again in a moment.",
    503: "Too many people are using the site right now. Try again in a moment.",
    504: "The site took too long to answer. Try again in a moment.",
}
# What a browser cannot be told by HAProxy, which adds the length and the type.
OWN: Final = frozenset({"Content-Length", "Content-Type", "Content-Encoding"})


def own_answers() -> list[Answer]:
    """Each with the site's security headers; what may pass by itself with Retry-After."""
    return [_answer(status) for status in SAYS]


def _answer(status: int) -> Answer:
    page, api = _through_middleware("/", status), _through_middleware(API_PATH, status)
    headers = {name: value for name, value in page.items() if name not in OWN}
    if status in (408, 502, 504):
        headers["Retry-After"] = str(RETRY_AFTER)
    bodies = {"page": page.content.decode(), "api": api.content.decode()}
    return Answer(status, bodies, headers)


def _through_middleware(path: str, status: int) -> Any:
    """The answer with all headers that the site's answers have."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        if status == 503 and not is_api(request):
            return busy_page()
        context = {"status": status, "says": SAYS[status]}
        return error_response(request, status, SAYS[status], "front_error.html", context)

    environ: dict[str, Any] = {
        "PATH_INFO": path,
        "HTTP_HOST": settings.SITE_HOST,
        "wsgi.url_scheme": settings.SITE.scheme,
        # A redirect to https would be no answer.
        "HTTP_X_FORWARDED_PROTO": settings.SITE.scheme,
    }
    setup_testing_defaults(environ)
    answer: Any = answered
    for name in reversed(settings.MIDDLEWARE):
        answer = import_string(name)(answer)
    return answer(WSGIRequest(environ))
