"""The WSGI application."""

import os
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.minimum_rate import enforce_minimum_rate

# Bytes that socket buffers hold even if the client reads none.
BUFFERED: Final = 64 * 1024
CHUNK_SIZE: Final = 64 * 1024
# Seconds.
DRAIN_TIMEOUT: Final = 10

BOUNDARY: Final = re.compile(r'\bboundary=("[^"]*"|[^";]+)', re.IGNORECASE)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_wsgi_application()
# With all the views, which else the first request of each process would wait for.
import_module(settings.ROOT_URLCONF)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["CONTENT_TYPE"] = drop_charset(environ.get("CONTENT_TYPE", ""))
    with enforce_minimum_rate(environ):
        response = django(environ, start_response)
        if get_content_length(environ) > BUFFERED:
            drain(environ["wsgi.input"])
        return response


def get_content_length(environ: dict[str, Any]) -> int:
    size = environ.get("CONTENT_LENGTH", "")
    return int(size) if size.isdecimal() else 0


def drain(body: Any) -> None:
    """Read the rest of a rejected body for at most DRAIN_TIMEOUT.

    Closing earlier resets the connection, and the browser shows that instead of the response.
    """
    end = time.monotonic() + DRAIN_TIMEOUT
    with suppress(OSError):
        while body.read(CHUNK_SIZE) and time.monotonic() < end:
            pass


def drop_charset(content_type: str) -> str:
    """Remove the charset: Django would decode even the URL with it. All input is UTF-8."""
    kind, _, parameters = content_type.partition(";")
    boundary = BOUNDARY.search(parameters)
    return f"{kind}; {boundary[0]}" if boundary else kind
