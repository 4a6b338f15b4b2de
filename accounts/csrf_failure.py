"""A form whose token is of another sign-in: it was open while another tab signed in or out."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_CSRF_TOKEN_MISSING, REASON_NO_CSRF_COOKIE
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.views.csrf import csrf_failure
from django_htmx.http import HttpResponseClientRefresh

from accounts.form_tokens import TOKEN, answered_before, has_token
from config.lib.site_urls import is_site_url

# What Django says once the request is known to come from a page of this site.
OF_THE_TOKEN: Final = ("CSRF token from POST", REASON_CSRF_TOKEN_MISSING, REASON_NO_CSRF_COOKIE)
WAYS_IN: Final = ("account_login", "account_signup", "account_email_verification_sent")


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Go on where there is nothing left to do, else show what was typed, to be sent again."""
    if not has_token(request) or not reason.startswith(OF_THE_TOKEN):
        return csrf_failure(request, reason)
    if answered_before(request):
        return HttpResponse()
    if "HX-Request" in request.headers:
        return HttpResponseClientRefresh()
    if way_on := _way_on(request):
        return redirect(way_on)
    return render(request, "accounts/form_expired.html", _typed(request))


def _way_on(request: HttpRequest) -> str | None:
    """Where who is in or out already wanted to go."""
    if request.user.is_authenticated:
        if request.path not in map(reverse, WAYS_IN):
            return None
        page = request.POST.get("next", "")
        return page if page and is_site_url(page) else resolve_url(settings.LOGIN_REDIRECT_URL)
    signs_out = request.path == reverse("account_logout")
    return resolve_url(settings.LOGOUT_REDIRECT_URL) if signs_out else None


def _typed(request: HttpRequest) -> dict[str, Any]:
    """A password is not shown again, but asked for; files have to be chosen on the page."""
    fields = [
        (name, value) for name, values in request.POST.lists() for value in values if name != TOKEN
    ]
    is_file = bool(request.FILES)
    return {
        "fields": [(name, value) for name, value in fields if "password" not in name],
        "passwords": [name for name, _ in fields if "password" in name],
        "has_files": is_file,
        "is_sign_in_page": request.path in map(reverse, WAYS_IN),
    }
