"""Addresses that come from outside: which of them lead on within this site."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme

# Django redirects to no address that is longer.
LONGEST: Final = 2000


def is_ours(url: str) -> bool:
    """Whether it is a page of this site: a path, or an address with the site's own origin."""
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
