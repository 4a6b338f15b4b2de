"""The answers that need no thread: made once, when the worker boots."""

from __future__ import annotations

from typing import Any, Final
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)

from config.api import PATH, fault
from config.views import busy

END: Final = b"\r\n\r\n"


class Refusals:
    """503 with Retry-After, as the site gives it: a page, or the API's shape."""

    def __init__(self) -> None:
        self.page = as_sent(through_middleware("/"))
        self.fault = as_sent(through_middleware(PATH))
        self.too_slow = bare("408 Request Timeout")
        self.too_long = bare("431 Request Header Fields Too Large")
        self.unreadable = bare("400 Bad Request")
        self.failed = bare("500 Internal Server Error")
        self.others = {
            LimitRequestLine: bare("414 URI Too Long"),
            LimitRequestHeaders: self.too_long,
            ExpectationFailed: bare("417 Expectation Failed"),
            InvalidResponseHeader: self.failed,
            InvalidResponseHeaderName: self.failed,
        }

    def to(self, error: Exception) -> bytes:
        """The answer to a request that gunicorn could not read, or that failed."""
        usual = self.unreadable if isinstance(error, ParseException) else self.failed
        return self.others.get(type(error), usual)

    def too_busy(self, head: bytearray) -> bytes:
        """The answer to the request that begins with `head`, which ends the connection."""
        method, _, target = bytes(head).partition(b" ")
        answer = self.fault if target.startswith(PATH.encode()) else self.page
        return answer[: answer.index(END) + len(END)] if method == b"HEAD" else answer


def turned_away(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(PATH):
        return fault(503, "Too many people are using the site right now. Try again in a moment.")
    return busy()


def through_middleware(path: str) -> HttpResponseBase:
    """The answer with all headers that the site's answers have."""
    environ: dict[str, Any] = {
        "PATH_INFO": path,
        "HTTP_HOST": settings.SITE_HOST,
        "wsgi.url_scheme": settings.SITE.scheme,
    }
    setup_testing_defaults(environ)
    answer = turned_away
    for name in reversed(settings.MIDDLEWARE):
        answer = import_string(name)(answer)
    return answer(WSGIRequest(environ))


def as_sent(response: Any) -> bytes:
    body: bytes = response.content
    response["Content-Length"], response["Connection"] = str(len(body)), "close"
    lines = [f"HTTP/1.1 {response.status_code} {response.reason_phrase}"]
    lines += [f"{name}: {value}" for name, value in response.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def bare(status: str) -> bytes:
    headers = settings.ISOLATION | {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
        "Content-Length": "0",
    }
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()
