"""What gunicorn serves."""

import os
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.minimum_rate import minimum_rate

# Bytes that fit into the sockets on the way, read or not; and those that are read at once.
BUFFERED: Final = 64 * 1024
PIECE: Final = 64 * 1024
# Seconds.
DRAINING: Final = 10

BOUNDARY: Final = re.compile(r'\bboundary=("[^"]*"|[^";]+)', re.IGNORECASE)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_wsgi_application()
# With all the views, which else the first request of each process would wait for.
import_module(settings.ROOT_URLCONF)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["CONTENT_TYPE"] = in_utf_8(environ.get("CONTENT_TYPE", ""))
    with minimum_rate(environ):
        answer = django(environ, start_response)
        if announced(environ) > BUFFERED:
            drain(environ["wsgi.input"])
        return answer


def announced(environ: dict[str, Any]) -> int:
    size = environ.get("CONTENT_LENGTH", "")
    return int(size) if size.isdecimal() else 0


def drain(body: Any) -> None:
    """Read what a refused request still sends, for as long as DRAINING.

    A connection that is closed before is reset, and the browser shows that instead of the answer.
    """
    end = time.monotonic() + DRAINING
    with suppress(OSError):
        while body.read(PIECE) and time.monotonic() < end:
            pass


def in_utf_8(content_type: str) -> str:
    """The content type without what Django would take for the name of a charset, and decode even
    the address by, though it may be one that decodes no text. All that is taken is UTF-8."""
    kind, _, parameters = content_type.partition(";")
    boundary = BOUNDARY.search(parameters)
    return f"{kind}; {boundary[0]}" if boundary else kind
