"""Decide for each request whether it may read from a replica, and remember its writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.database.replicas.reading import Reading, use_reading
from config.database.replicas.sampler import ask_primary
from config.database.replicas.servers import PRIMARY, choose_replica
from config.database.replicas.state import NEVER, format_position, parse_position

# Signing in and out, staff, and the probe of the primary.
PRIMARY_PATHS: Final = ("/accounts/", "/admin/", "/readyz")
SALT: Final = "config.database.replicas"
# Seconds for which a browser's reads have to be as new as its last write. A replica that is used
# is never that far behind.
COOKIE_AGE: Final = 30

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def read_from_replicas(get_response: GetResponse) -> GetResponse:
    """Send the reads of GET and HEAD to a replica; without replicas, do nothing.

    In a region without replicas, only remember writes, for the regions that have some.
    """
    if not settings.READ_POOLS and not settings.REGION.name:
        return get_response

    def middleware(request: HttpRequest) -> HttpResponseBase:
        reading = start_reading(request)
        connection = connections[DEFAULT_DB_ALIAS]
        is_silent = bool(settings.READ_POOLS) and PRIMARY.is_silent(time.monotonic())
        vars(request).update(is_read_only=is_silent)
        with use_reading(reading), connection.execute_wrapper(reading.execute):
            response = get_response(request)
        if reading.served_by:
            vars(request).update(pool=reading.served_by)  # for the access log
        if reading.wrote:
            set_position(response)
        return response

    return middleware


def start_reading(request: HttpRequest) -> Reading:
    # HEAD has become GET.
    if request.method != "GET" or request.path.startswith(PRIMARY_PATHS):
        return Reading(None, 0)
    replica = choose_replica(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    return Reading(replica, get_position(request))


def get_cookie_name() -> str:
    return f"{settings.COOKIE_PREFIX}written"


def get_position(request: HttpRequest) -> int:
    """Return the position of the browser's last write; 0 if that was not lately."""
    if not (text := request.COOKIES.get(get_cookie_name())):
        return 0
    signer = signing.TimestampSigner(salt=SALT)
    try:
        return parse_position(signer.unsign(text, max_age=COOKIE_AGE))
    except signing.SignatureExpired:
        return 0
    except signing.BadSignature:
        return NEVER


def set_position(response: HttpResponseBase) -> None:
    """Remember in the browser how new its reads must be.

    After the commit, in a statement of its own: during the transaction would be too early. If the
    primary does not answer any more, no replica will be new enough.
    """
    position = ask_primary(PRIMARY)
    text = format_position(NEVER if position is None else position)
    response.set_cookie(
        get_cookie_name(),
        signing.TimestampSigner(salt=SALT).sign(text),
        max_age=COOKIE_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
