"""Browsers that somebody has signed in with: others' failures do not lock them out.

A signed cookie names the browser and the addresses that were signed in with it. For these, and no
others, the browser has a count of failures of its own.
"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import get_random_string, salted_hmac

SALT: Final = "accounts.known_browsers"
AGE: Final = 180 * 24 * 3600
MOST: Final = 5


def cookie_name() -> str:
    return "__Host-known_browser" if settings.HTTPS else "known_browser"


def name_of(request: HttpRequest, email: str) -> str:
    """The browser's name, where this address was signed in with it; else nothing."""
    known = read(request)
    return str(known["name"]) if digest(email) in known["addresses"] else ""


def remember(request: HttpRequest, response: HttpResponseBase, email: str) -> None:
    known = read(request)
    others = [address for address in known["addresses"] if address != digest(email)]
    known["addresses"] = [digest(email), *others][:MOST]
    response.set_cookie(
        cookie_name(),
        signing.dumps(known, salt=SALT, compress=True),
        max_age=AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def read(request: HttpRequest) -> dict[str, Any]:
    try:
        cookie = request.COOKIES.get(cookie_name(), "")
        known: dict[str, Any] = signing.loads(cookie, salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return {"name": get_random_string(22), "addresses": []}
    return known


def digest(email: str) -> str:
    return salted_hmac(SALT, email, algorithm="sha256").hexdigest()[:20]
