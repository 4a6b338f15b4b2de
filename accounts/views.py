from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.account import views
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest, post_or_redirect


class AtomicFormMixin:
    """Commit the form's changes and its queued mails together.

    Passwords are hashed before the first statement, so that hashing holds no server connection.
    """

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # the view's
        return response


def make_atomic_view(view: type[View]) -> Callable[..., HttpResponseBase]:
    return cast("type[View]", type(view.__name__, (AtomicFormMixin, view), {})).as_view()


class SignupView(AtomicFormMixin, views.SignupView):
    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:
            # A concurrent duplicate gets the same response.
            form.account_already_exists = True
            return super().form_valid(form)


class PasswordResetFromKeyView(views.PasswordResetFromKeyView):
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        # The link has confirmed the e-mail address: forget the pending code page.
        self.request.session.flush()
        return response


class EmailChangeView(views.EmailView):
    """allauth's, without three statements for context that the page does not use."""

    @transaction.atomic
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super(views.EmailView, self).get_context_data(**kwargs)
        return context


@require_safe
@never_cache
@login_required
def account(request: SignedInRequest) -> HttpResponse:
    context = {"session_count": request.user.sessions.live().count()}
    return render(request, "accounts/account.html", context)


@post_or_redirect("accounts:account")
@login_required
def sign_out_everywhere(request: SignedInRequest) -> HttpResponse:
    request.user.sign_out_everywhere()
    logout(request)
    messages.success(request, "You have signed out of every browser, including this one.")
    return redirect("account_login")
