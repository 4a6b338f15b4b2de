"""Where a person wanted to go when the wizard came between."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url

from config.lib.site_urls import is_site_url

# Quoted, and with the way to the wizard before it, it still fits into a redirect.
MAX_LENGTH: Final = 600


def get_next_url(request: HttpRequest) -> str:
    """The page of this site that `next` names, or nothing."""
    url = request.POST.get("next") or request.GET.get("next", "")
    # Without the slash it would be a part of the address at hand.
    is_path = url.startswith("/") and len(url) <= MAX_LENGTH
    return url if is_path and is_site_url(url) else ""


def get_redirect_url(request: HttpRequest) -> str:
    """The page that was wanted, or home."""
    return get_next_url(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def build_query(url: str) -> str:
    """What takes the wanted page along, to be put after an address."""
    return f"?{urlencode({'next': url})}" if 0 < len(url) <= MAX_LENGTH else ""
