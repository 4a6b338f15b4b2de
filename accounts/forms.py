"""allauth's forms where the project needs more."""

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
from accounts.email import normalised
from accounts.models import User


class AddressField(EmailField):  # type: ignore[misc]
    """allauth's, which takes an address in any spelling."""

    def to_python(self, value: Any) -> str:
        return normalised(super().to_python(value))


def any_spelling(field: EmailField) -> AddressField:
    return AddressField(label=field.label, widget=field.widget, required=field.required)


class Unprompted:
    """Before a form of allauth's: its placeholders say once more what the labels say."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(Unprompted, forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What password managers look for; "email" is for giving an address to somebody.
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["login"] = any_spelling(self.fields["login"])

    def clean(self) -> Any:
        try:
            return super().clean()
        except ValidationError:
            if not getattr(self.request, "has_tried", False):
                raise
        return self.clean_tried()

    def clean_tried(self) -> Any:
        """Go on as with an account of that password whose address is unconfirmed."""
        email = self.user_credentials()["email"]
        limit = {"action": "confirm_email", "key": email.lower(), "dry_run": True}
        if not ratelimit.consume(self.request, **limit):
            raise get_adapter().validation_error("too_many_login_attempts")
        self._login = Login(user=None, email=email)
        return self.cleaned_data


class SignupForm(Unprompted, forms.SignupForm):  # type: ignore[misc]
    account_already_exists: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = any_spelling(self.fields["email"])

    def try_save(self, request: HttpRequest) -> Any:
        return self.try_again(request) if self.account_already_exists else super().try_save(request)

    def try_again(self, request: HttpRequest) -> Any:
        """Sign up with a taken address: a fresh code, where that is not confirmed yet."""
        # A new account hashes its password, which is most of the answer's time: without
        # the same work here the time would tell which addresses have an account.
        password = make_password(self.cleaned_data["password1"])
        user = User.objects.filter(email=self.cleaned_data["email"]).first()
        may_sign_up, has_address = signup_attempts.state_of(user) if user else (False, True)
        same_answer.as_if_free(request, password, None if has_address else user)
        if user and may_sign_up:
            user.password = password
            user.save(update_fields=["password"])
            return user, perform_login(request, user, signup=True)
        if user:
            same_answer.as_if_unconfirmed(user, password)
        return super().try_save(request)

    def save(self, request: HttpRequest) -> User:
        """Make the account."""
        user: User = super().save(request)
        same_answer.as_if_taken(user)
        return user


class ResetPasswordForm(Unprompted, forms.ResetPasswordForm):  # type: ignore[misc]
    users: list[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = any_spelling(self.fields["email"])

    def clean_email(self) -> str:
        """Find who has the address: by one statement, whatever there is to find."""
        email = str(get_adapter().clean_email(self.cleaned_data["email"]))
        self.users = list(User.objects.filter(email=email, is_active=True))
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        if not self.users:
            # A known address has a token made: without the same work here the time would tell
            # which addresses have an account.
            forms.default_token_generator.make_token(User())
        return str(super().save(request, **kwargs))


class ChangePasswordForm(Unprompted, forms.ChangePasswordForm):  # type: ignore[misc]
    user: User

    def clean_password1(self) -> str:
        """Refuse to keep a first password, which others may have seen."""
        chosen = str(self.cleaned_data["password1"])
        if self.user.must_change_password and self.user.check_password(chosen):
            raise ValidationError("Choose a password other than the one you were given.")
        return chosen


class ConfirmCodeForm(Unprompted, forms.ConfirmEmailVerificationCodeForm):  # type: ignore[misc]
    def clean_code(self) -> str:
        limits = {
            "most": app_settings.EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS,
            "seconds": app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT,
        }
        if not code_attempts.take(self.email or "", self.expected_code or "", **limits):
            raise get_adapter().validation_error("incorrect_code")
        return str(super().clean_code())


class ResetPasswordKeyForm(Unprompted, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    def save(self) -> None:
        """Set the password; who has the link from the mail has the address as well."""
        super().save()
        self.user.confirm_email()


class AddEmailForm(Unprompted, forms.AddEmailForm):  # type: ignore[misc]
    pass


class SetPasswordForm(Unprompted, forms.SetPasswordForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(Unprompted, forms.ReauthenticateForm):  # type: ignore[misc]
    pass
