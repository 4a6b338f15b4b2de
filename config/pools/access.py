"""A short-lived pass to the page of the pools, for when the database cannot say who asks.

While the database answers, only the session and the permission count. The pass lets a browser see
the page again for PASS_AGE after it did so with permission; it never allows an action.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

SALT: Final = "config.pools.access"
# Seconds. Also the longest time that somebody who was deactivated sees the page in an outage.
PASS_AGE: Final = 300


def get_cookie_name() -> str:
    return f"{settings.COOKIE_PREFIX}pools"


def set_pass(request: HttpRequest, response: HttpResponse) -> None:
    response.set_cookie(
        get_cookie_name(),
        signing.dumps(_hash_session(request), salt=SALT),
        max_age=PASS_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )


def remove_pass(request: HttpRequest, response: HttpResponse) -> None:
    if get_cookie_name() in request.COOKIES:
        response.delete_cookie(get_cookie_name(), samesite="Strict")


def has_pass(request: HttpRequest) -> bool:
    """Return whether the pass is genuine, recent, and of this browser's session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    try:
        content = signing.loads(
            request.COOKIES.get(get_cookie_name(), ""), salt=SALT, max_age=PASS_AGE
        )
    except signing.BadSignature:
        return False
    return constant_time_compare(content, _hash_session(request))


def _hash_session(request: HttpRequest) -> str:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return salted_hmac(SALT, key, algorithm="sha256").hexdigest()
