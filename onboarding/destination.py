"""Where a person wanted to go when the wizard came between."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

# Quoted, and with the way to the wizard before it, it still fits into a redirect.
LONGEST: Final = 600


def wanted(request: HttpRequest) -> str:
    """The page of this site that `next` names, or nothing."""
    url = request.POST.get("next") or request.GET.get("next", "")
    return url if len(url) <= LONGEST and is_ours(url, request) else ""


def is_ours(url: str, request: HttpRequest) -> bool:
    hosts = {request.get_host()}
    # Without the slash it would be a part of the address at hand.
    return url.startswith("/") and url_has_allowed_host_and_scheme(
        url, hosts, require_https=request.is_secure()
    )


def destination(request: HttpRequest) -> str:
    """The page that was wanted, or home."""
    return wanted(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def query(url: str) -> str:
    """What takes the wanted page along, to be put after an address."""
    return f"?{urlencode({'next': url})}" if 0 < len(url) <= LONGEST else ""
