"""The page for the mailed code."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import Any, Final

from allauth.account.views import ConfirmEmailVerificationCodeView
from allauth.core.exceptions import ImmediateHttpResponse, RateLimited
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

# The limit of confirm_email in ACCOUNT_RATE_LIMITS.
RESEND_SECONDS: Final = 10
TOO_MANY_WRONG_CODES: Final = "Too many wrong codes. Send a new one to continue."
CANNOT_RESEND: Final = "We cannot send another code right now. Try again in an hour."


class CodeView(ConfirmEmailVerificationCodeView):
    """Show errors and resends on the page, where allauth redirects or returns 429."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sent_at = datetime.fromtimestamp(self._process.state["at"], UTC)
        more = {"sent_at": sent_at, "wait": self.get_seconds_to_wait()}
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | more

    def get_seconds_to_wait(self) -> int:
        until: float = self._process.state["at"] + RESEND_SECONDS
        return max(0, math.ceil(until - time.time()))

    def form_valid(self, form: Any) -> HttpResponse:
        if self._action == "resend":
            return self.resend()
        response: HttpResponse = super().form_valid(form)
        return response

    def resend(self) -> HttpResponse:
        if wait := self.get_seconds_to_wait():
            messages.info(self.request, f"You can send a new code in {wait} seconds.")
        else:
            self.send_new_code()
        page = reverse("account_email_verification_sent")
        return HttpResponseRedirect(self.passthrough_next_url(page))

    def send_new_code(self) -> None:
        self._process.state |= {"at": time.time(), "failed_attempts": 0}
        try:
            self._process.resend()
        except (ImmediateHttpResponse, RateLimited):
            messages.error(self.request, CANNOT_RESEND)
        else:
            messages.success(self.request, f"We sent a new code to {self._process.email}.")

    def form_invalid(self, form: Any) -> HttpResponse:
        state = self._process.state
        if state["failed_attempts"] + 1 < self._process.max_attempts:
            response: HttpResponse = super().form_invalid(form)
            return response
        # Replace the code by one that was not sent: further guesses fail.
        self._process.generate_code()
        self._process.persist()
        form.errors["code"] = form.error_class([TOO_MANY_WRONG_CODES])
        page: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return page
