"""What gunicorn serves."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.core.wsgi import get_wsgi_application

BOUNDARY: Final = re.compile(r'\bboundary=("[^"]*"|[^";]+)', re.IGNORECASE)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["CONTENT_TYPE"] = in_utf_8(environ.get("CONTENT_TYPE", ""))
    return django(environ, start_response)


def in_utf_8(content_type: str) -> str:
    """The content type without what Django would take for the name of a charset, and decode even
    the address by, though it may be one that decodes no text. All that is taken is UTF-8."""
    kind, _, parameters = content_type.partition(";")
    boundary = BOUNDARY.search(parameters)
    return f"{kind}; {boundary[0]}" if boundary else kind
