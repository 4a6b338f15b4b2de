"""Types of requests, and the method decorator of views behind a button."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from accounts.models import User

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


class SignedInRequest(HttpRequest):
    user: User


class HtmxRequest(SignedInRequest):
    htmx: HtmxDetails


def post_or_redirect(page: str | Callable[[HttpRequest], str]) -> Callable[[V], V]:
    """Accept POST; redirect GET to the button's page, for instance after a sign-in.

    `page` is a URL name, or a function that returns the URL for a request.
    """

    def decorator(view: V) -> V:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            return HttpResponseRedirect(page(request) if callable(page) else resolve_url(page))

        return cast("V", require_http_methods(["GET", "HEAD", "POST"])(wrapper))

    return decorator
