"""Redirect users who are not onboarded to the wizard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import HtmxRequest
from onboarding.models import Preferences
from onboarding.next_url import build_query

# Only full pages: no downloads, images, API calls or sign-out.
PAGES: Final = frozenset(
    {"home", "accounts:account", "profiles:profile", "tours:tour", "files:list"}
)


class OnboardingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HtmxRequest, *view: Any) -> HttpResponse | None:
        return redirect_to_wizard(request) if is_page(request) and is_newcomer(request) else None


def is_page(request: HttpRequest) -> bool:
    match = request.resolver_match
    return request.method == "GET" and match is not None and match.view_name in PAGES


def is_newcomer(request: HttpRequest) -> bool:
    """Needs no statement: the preferences come with the session."""
    return request.user.is_authenticated and not Preferences.for_user(request.user).is_onboarded


def redirect_to_wizard(request: HtmxRequest) -> HttpResponse:
    page = request.get_full_path()
    url = reverse("onboarding:wizard") + build_query("" if page == reverse("home") else page)
    response = HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    add_never_cache_headers(response)
    return response
