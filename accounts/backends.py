from __future__ import annotations

from typing import Any, cast

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend
from django.http import HttpRequest

from accounts import signup_attempts
from accounts.models import User


class LoginRequest(HttpRequest):
    matches_signup: bool


class AuthenticationBackend(AllauthBackend):
    """Authenticate by e-mail address and password.

    Sets `request.matches_signup` if the password is from a sign-up with a taken e-mail address.
    """

    matches_signup = False

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if request is not None:
            cast("LoginRequest", request).matches_signup = self.matches_signup and user is None
        if user and user.email != credentials.get("email", user.email):
            return user if user.has_confirmed_email() else None
        return user

    def _check_password(self, user: User | None, password: str) -> User | None:
        found: User | None = super()._check_password(user, password)
        if user and signup_attempts.matches_password(user, password) and not found:
            self.matches_signup = True
        return found
