"""The id of the request that the thread serves: in its response and in each of its log lines."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-ID"
# Allowed characters and length of an id that comes from outside.
PATTERN: Final = "[A-Za-z0-9._-]{1,64}"
WELL_FORMED: Final = re.compile(PATTERN)

# Not reset after a request: a streamed response and gunicorn's own lines about it come later.
request_id: ContextVar[str] = ContextVar("request_id", default="")


def make_request_id() -> str:
    return os.urandom(16).hex()
