"""Limit how long a request waits for the database."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.database.backend.base import DatabaseWrapper

# HAProxy's X-Request-Start: t=<microseconds since 1970>.
TIMESTAMP: Final = re.compile(r"t=(\d{1,19})")
# Seconds. A shorter wait for a thread does not reduce the time for a connection.
MIN_QUEUE_TIME: Final = 0.5


def limit_wait(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Limit the wait for a thread and for a connection together to the pool's query wait.

    A request also waits for the database only once; otherwise its cleanup after a failure
    would queue again.
    """
    limit = settings.POOLS["web"].query_wait_timeout

    def middleware(request: HttpRequest) -> HttpResponseBase:
        connection = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
        waited = get_queue_time(request) if settings.HAPROXY else 0.0
        with connection.wait_once():
            if waited < MIN_QUEUE_TIME:
                return get_response(request)
            with connection.limit_first_statement(max(0.0, limit - waited)):
                return get_response(request)

    return middleware


def get_queue_time(request: HttpRequest) -> float:
    """Return the seconds since the request arrived; 0 if unknown."""
    stamp = TIMESTAMP.fullmatch(request.META.get("HTTP_X_REQUEST_START", ""))
    return max(0.0, time.time() - int(stamp[1]) / 1_000_000) if stamp else 0.0
