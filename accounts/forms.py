"""Extensions of allauth's forms."""

from __future__ import annotations

from typing import Any

from allauth.account import app_settings, forms
from allauth.account.adapter import get_adapter
from allauth.account.fields import EmailField
from allauth.account.models import Login
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts import code_attempts, same_answer, signup_attempts
from accounts.email import normalize_email
from accounts.models import User


class NormalizedEmailField(EmailField):
    def to_python(self, value: Any) -> str:
        return normalize_email(super().to_python(value))


def make_normalized(field: EmailField) -> NormalizedEmailField:
    return NormalizedEmailField(label=field.label, widget=field.widget, required=field.required)


class NoPlaceholderMixin:
    """Remove allauth's placeholders, which repeat the labels."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(NoPlaceholderMixin, forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Password managers look for "username"; "email" is for contact details.
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["login"] = make_normalized(self.fields["login"])

    def clean(self) -> Any:
        try:
            return super().clean()
        except ValidationError:
            if not getattr(self.request, "matches_signup", False):
                raise
        return self.clean_signup_attempt()

    def clean_signup_attempt(self) -> Any:
        email = self.user_credentials()["email"]
        limit = {"action": "confirm_email", "key": email.lower(), "dry_run": True}
        if not ratelimit.consume(self.request, **limit):
            raise get_adapter().validation_error("too_many_login_attempts")
        self._login = Login(user=None, email=email)
        return self.cleaned_data


class SignupForm(NoPlaceholderMixin, forms.SignupForm):
    account_already_exists: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = make_normalized(self.fields["email"])

    def try_save(self, request: HttpRequest) -> Any:
        return self.try_again(request) if self.account_already_exists else super().try_save(request)

    def try_again(self, request: HttpRequest) -> Any:
        # A new account hashes its password, which takes most of the request's time. Without the
        # same work here, the time would reveal which e-mail addresses have an account.
        password = make_password(self.cleaned_data["password1"])
        user = User.objects.filter(email=self.cleaned_data["email"]).first()
        may_sign_up, has_address = signup_attempts.get_state(user) if user else (False, True)
        same_answer.imitate_free_email(request, password, None if has_address else user)
        if user and may_sign_up:
            user.password = password
            user.save(update_fields=["password"])
            return user, perform_login(request, user, signup=True)
        if user:
            same_answer.imitate_unconfirmed_user(user, password)
        return super().try_save(request)

    def save(self, request: HttpRequest) -> User:
        user: User = super().save(request)
        same_answer.imitate_taken_email(user)
        return user


class ResetPasswordForm(NoPlaceholderMixin, forms.ResetPasswordForm):
    users: list[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = make_normalized(self.fields["email"])

    def clean_email(self) -> str:
        """Look up the user with one statement, whether there is one or not."""
        email = str(get_adapter().clean_email(self.cleaned_data["email"]))
        self.users = list(User.objects.filter(email=email, is_active=True))
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        if not self.users:
            # Without this work the time would reveal which e-mail addresses have an account.
            forms.default_token_generator.make_token(User())
        return str(super().save(request, **kwargs))


class ChangePasswordForm(NoPlaceholderMixin, forms.ChangePasswordForm):
    user: User

    def clean_password1(self) -> str:
        chosen = str(self.cleaned_data["password1"])
        if self.user.must_change_password and self.user.check_password(chosen):
            raise ValidationError("Choose a password other than the one you were given.")
        return chosen


class ConfirmCodeForm(NoPlaceholderMixin, forms.ConfirmEmailVerificationCodeForm):
    def clean_code(self) -> str:
        limits = {
            "max_guesses": app_settings.EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS,
            "seconds": app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT,
        }
        if not code_attempts.use_guess(self.email or "", self.expected_code or "", **limits):
            raise get_adapter().validation_error("incorrect_code")
        return str(super().clean_code())


class ResetPasswordKeyForm(NoPlaceholderMixin, forms.ResetPasswordKeyForm):
    def save(self) -> None:
        """Set the password and confirm the e-mail address, which received the link."""
        super().save()
        self.user.confirm_email()


class AddEmailForm(NoPlaceholderMixin, forms.AddEmailForm):
    pass


class SetPasswordForm(NoPlaceholderMixin, forms.SetPasswordForm):
    pass


class ReauthenticateForm(NoPlaceholderMixin, forms.ReauthenticateForm):
    pass
