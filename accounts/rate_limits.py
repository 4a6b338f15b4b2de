"""The page for status 429, with the seconds to wait."""

from __future__ import annotations

import math
import time
from typing import Any, Final

# allauth has no public API for the times of earlier requests.
from allauth.core.internal.ratelimit import Rate, get_cache_key, get_rates
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

APP: Final = "allauth.account"
ACTIONS: Final = {
    "account_signup": ("signup", "confirm_email"),
    "account_login": ("login", "confirm_email"),
    "account_email_verification_sent": ("confirm_email",),
    "account_reset_password": ("reset_password",),
    "account_reset_password_from_key": ("reset_password_from_key",),
    "account_change_password": ("change_password",),
    "account_email": ("manage_email", "confirm_email"),
    "account_reauthenticate": ("reauthenticate",),
}
DEFAULT_SECONDS: Final = 60


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    seconds = _get_seconds_left(request)
    context = {"seconds": seconds, "page": request.get_full_path()}
    response = render(request, "429.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _get_seconds_left(request: HttpRequest) -> int:
    name = request.resolver_match.url_name if request.resolver_match else None
    waits = [
        _get_wait(request, action, rate)
        for action in ACTIONS.get(str(name), ())
        for rate in get_rates(app=APP, action=action)
    ]
    return math.ceil(max(waits, default=0)) or DEFAULT_SECONDS


def _get_wait(request: HttpRequest, action: str, rate: Rate) -> float:
    if rate.per == "user" and not request.user.is_authenticated:
        return 0
    key: Any = (request.POST.get("email") or request.POST.get("login") or "").strip().lower()
    history = cache.get(get_cache_key(request, app=APP, action=action, rate=rate, key=key), [])
    if len(history) < rate.amount:
        return 0
    return max(0, float(history[int(rate.amount) - 1] + rate.duration - time.time()))
