"""The CSRF failure view for forms that were open while another tab signed in or out."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_CSRF_TOKEN_MISSING, REASON_NO_CSRF_COOKIE
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.views.csrf import csrf_failure
from django_htmx.http import HttpResponseClientRefresh

from accounts.form_tokens import TOKEN_FIELD, find_earlier_response, has_token
from config.lib.site_urls import is_site_url

# Django's reasons after it has accepted the request's origin.
TOKEN_REASONS: Final = ("CSRF token from POST", REASON_CSRF_TOKEN_MISSING, REASON_NO_CSRF_COOKIE)
SIGN_IN_PAGES: Final = ("account_login", "account_signup", "account_email_verification_sent")


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Redirect if there is nothing left to do, else show the form's values to send again."""
    if not has_token(request) or not reason.startswith(TOKEN_REASONS):
        return csrf_failure(request, reason)
    if find_earlier_response(request):
        return HttpResponse()
    if "HX-Request" in request.headers:
        return HttpResponseClientRefresh()
    if next_url := _get_next_url(request):
        return redirect(next_url)
    return render(request, "accounts/form_expired.html", _build_context(request))


def _get_next_url(request: HttpRequest) -> str | None:
    if request.user.is_authenticated:
        if request.path not in map(reverse, SIGN_IN_PAGES):
            return None
        page = request.POST.get("next", "")
        return page if page and is_site_url(page) else resolve_url(settings.LOGIN_REDIRECT_URL)
    signs_out = request.path == reverse("account_logout")
    return resolve_url(settings.LOGOUT_REDIRECT_URL) if signs_out else None


def _build_context(request: HttpRequest) -> dict[str, Any]:
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != TOKEN_FIELD
    ]
    return {
        "fields": [(name, value) for name, value in fields if "password" not in name],
        "passwords": [name for name, _ in fields if "password" in name],
        "has_files": bool(request.FILES),
        "is_sign_in_page": request.path in map(reverse, SIGN_IN_PAGES),
    }
