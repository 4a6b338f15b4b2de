"""Format pages with the user's time zone and locale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from profiles.models import Profile

# Their output is the same for everybody, so that they need no user.
UNLOCALIZED_PATHS: Final = ("/api/", "/healthz", "/readyz")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def local_formats(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(UNLOCALIZED_PATHS) or not request.user.is_authenticated:
            return get_response(request)
        with Profile.for_user(request.user).use_formats():
            return get_response(request)

    return middleware
