"""The request as a view behind `login_required` gets it, and what is asked of it before."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

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
    """The same where the view asks whether htmx has sent it."""

    htmx: HtmxDetails


def button_of(page: str | Callable[[HttpRequest], str]) -> Callable[[V], V]:
    """The method decorator of the view behind a button, which takes POST.

    Who comes by its address instead, as after having had to sign in first, is sent to the page
    that the button is on: the name of a URL, or what makes the address of the request.
    """

    def decorator(view: V) -> V:
        @wraps(view)
        def pressed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            return HttpResponseRedirect(page(request) if callable(page) else resolve_url(page))

        return require_http_methods(["GET", "HEAD", "POST"])(pressed)  # type: ignore[return-value]

    return decorator
