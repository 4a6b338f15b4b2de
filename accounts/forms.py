"""allauth's forms where the project needs more."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest


class LoginForm(forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What password managers look for; "email" is for giving an address to somebody.
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignupForm(forms.SignupForm):  # type: ignore[misc]
    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            # A new account hashes its password, which is most of the answer's time: without
            # the same work here the time would tell which addresses have an account.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class ResetPasswordKeyForm(forms.ResetPasswordKeyForm):  # type: ignore[misc]
    def save(self) -> None:
        """Set the password; who has the link from the mail has the address as well."""
        super().save()
        self.user.confirm_email()
