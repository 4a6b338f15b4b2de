"""The zone and the locale in which the pages are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from profiles.models import Profile

# These tell times in one way to everybody, or none: who asks need not be known.
UNLOCALIZED_PATHS: Final = ("/api/", "/healthz", "/readyz")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def local_formats(get_response: GetResponse) -> GetResponse:
    """Write the pages in the person's zone and locale, which come with the session."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(UNLOCALIZED_PATHS) or not request.user.is_authenticated:
            return get_response(request)
        with Profile.of(request.user).formats():
            return get_response(request)

    return middleware
