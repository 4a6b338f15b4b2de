"""The outermost middleware: gives a request its id, logs it in one line, counts it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from config.database.backend.base import DatabaseWrapper
from config.database.middleware import get_queue_time
from config.lib.request_ids import HEADER, WELL_FORMED, make_request_id, request_id
from config.observe.access_log import AccessLine, open_access_log
from config.observe.events import METHODS, OTHER
from config.observe.refusals import record_refusal
from config.observe.tally import Key, tally

NONE: Final = "-"

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def log_requests(get_response: GetResponse) -> GetResponse:
    """Give the request its id; log and count it when its response starts.

    HAProxy sets the id, and removes a client's. Without HAProxy the id is made here.
    """
    has_proxy = settings.HAPROXY
    log = open_access_log(settings.ACCESS_LOG, settings.LOG_FORMAT, settings.VAR_DIR / "log")

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        queued = get_queue_time(request) if has_proxy else 0.0
        connection = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
        connection.reset_usage()
        given = request.META.get("HTTP_X_REQUEST_ID", "") if has_proxy else ""
        number = given if WELL_FORMED.fullmatch(given) else make_request_id()
        request_id.set(number)
        response = get_response(request)
        response.headers[HEADER] = number
        seconds, waited = time.perf_counter() - began, queued + connection.waited
        line = build_line(request, response, seconds, waited, connection.statements)
        if log.is_on:
            log.write(number, line)
        if line.reason != NONE:
            record_refusal(line, number)
        if settings.METRICS:
            count(line)
        return response

    return middleware


def build_line(
    request: HttpRequest, response: HttpResponseBase, seconds: float, waited: float, statements: int
) -> AccessLine:
    return AccessLine(
        method=str(request.method) if request.method in METHODS else OTHER,
        route=get_route(request),
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        waited_ms=round(waited * 1000, 1),
        statements=statements,
        pool=getattr(request, "pool", "web") if statements else NONE,
        user=get_user_key(request),
        reason=getattr(response, "refusal", "") or NONE,
    )


def count(line: AccessLine) -> None:
    reason = "" if line.reason == NONE else line.reason
    key = Key(line.route, line.method, line.status, reason)
    tally.add(key, line.ms / 1000, line.waited_ms / 1000, line.statements)


def get_route(request: HttpRequest) -> str:
    """Return the pattern of the URL, never the URL: it may contain a token, and is unbounded."""
    if request.resolver_match is None and request.path.startswith(settings.STATIC_URL):
        return "static"
    try:
        # Middleware may have answered before Django resolved the URL.
        return (request.resolver_match or resolve(request.path_info)).route or "/"
    except Resolver404:
        return NONE


def get_user_key(request: HttpRequest) -> str:
    """Return the primary key of the session's user, without reading the session for it.

    The key is a random UUID: it tells nobody who that is, except those who may read the database.
    """
    user = getattr(getattr(request, "session", None), "user", None)
    return str(user.pk) if user is not None else NONE
