"""Validation of redirect targets from requests."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme

# Django refuses to redirect to longer URLs.
LONGEST: Final = 2000


def is_site_url(url: str) -> bool:
    """Return whether the URL is a path or has the site's own origin."""
    site = settings.SITE
    try:
        parts = urlsplit(url)
        if len(iri_to_uri(url)) > LONGEST:
            return False
    except ValueError:
        return False
    is_path = url.startswith("/") or not (parts.scheme or parts.netloc)
    is_whole = (parts.scheme, parts.netloc) == (site.scheme, site.netloc)
    return (is_path or is_whole) and url_has_allowed_host_and_scheme(url, {site.netloc})
