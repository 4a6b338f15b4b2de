from __future__ import annotations

from typing import Any

from allauth.account.views import EmailView
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest, button_of


class EmailChangeView(EmailView):  # type: ignore[misc]
    """allauth's, without the three statements for what the page does not show."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super(EmailView, self).get_context_data(**kwargs)
        return context


@require_safe
@never_cache
@login_required
def account(request: SignedInRequest) -> HttpResponse:
    context = {"session_count": request.user.sessions.live().count()}
    return render(request, "accounts/account.html", context)


@button_of("accounts:account")
@login_required
def sign_out_everywhere(request: SignedInRequest) -> HttpResponse:
    request.user.sign_out_everywhere()
    logout(request)
    messages.success(request, "You have signed out of every browser, including this one.")
    return redirect("account_login")
