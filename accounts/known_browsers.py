"""Separate limits for known browsers, so that failed sign-ins elsewhere do not lock them out."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import get_random_string, salted_hmac

SALT: Final = "accounts.known_browsers"
MAX_AGE: Final = 180 * 24 * 3600
MAX_EMAILS: Final = 5


def get_cookie_name() -> str:
    return "__Host-known_browser" if settings.HTTPS else "known_browser"


def get_name(request: HttpRequest, email: str) -> str:
    known = read_cookie(request)
    return str(known["name"]) if hash_email(email) in known["addresses"] else ""


def remember(request: HttpRequest, response: HttpResponseBase, email: str) -> None:
    """Set a signed cookie with the browser's name and hashes of the e-mail addresses used in it."""
    known = read_cookie(request)
    others = [known_hash for known_hash in known["addresses"] if known_hash != hash_email(email)]
    known["addresses"] = [hash_email(email), *others][:MAX_EMAILS]
    response.set_cookie(
        get_cookie_name(),
        signing.dumps(known, salt=SALT, compress=True),
        max_age=MAX_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def read_cookie(request: HttpRequest) -> dict[str, Any]:
    try:
        cookie = request.COOKIES.get(get_cookie_name(), "")
        known: dict[str, Any] = signing.loads(cookie, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return {"name": get_random_string(22), "addresses": []}
    return known


def hash_email(email: str) -> str:
    return salted_hmac(SALT, email, algorithm="sha256").hexdigest()[:20]
