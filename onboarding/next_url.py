"""The page to return to after the wizard."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url

from config.lib.site_urls import is_site_url

# Still fits into a redirect when quoted and appended to the wizard's URL.
MAX_LENGTH: Final = 600


def get_next_url(request: HttpRequest) -> str:
    """Return the path in `next` if it is on this site, or ""."""
    url = request.POST.get("next") or request.GET.get("next", "")
    # Without the slash it would be relative to the current URL.
    is_path = url.startswith("/") and len(url) <= MAX_LENGTH
    return url if is_path and is_site_url(url) else ""


def get_redirect_url(request: HttpRequest) -> str:
    return get_next_url(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def build_query(url: str) -> str:
    return f"?{urlencode({'next': url})}" if 0 < len(url) <= MAX_LENGTH else ""
