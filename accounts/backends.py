from __future__ import annotations

from typing import Any, cast

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend
from django.http import HttpRequest

from accounts import signup_attempts
from accounts.models import User


class TriedRequest(HttpRequest):
    has_tried: bool


class AuthenticationBackend(AllauthBackend):  # type: ignore[misc]
    """Address and password; the page for the code follows where the address is unconfirmed.

    Notes on the request where the password is of a sign-up with a taken address.
    """

    tried = False

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if request is not None:
            cast("TriedRequest", request).has_tried = self.tried and user is None
        if user and user.email != credentials.get("email", user.email):
            return user if user.has_confirmed_email() else None
        return user

    def _check_password(self, user: User | None, password: str) -> User | None:
        found: User | None = super()._check_password(user, password)
        if user and signup_attempts.matches(user, password) and not found:
            self.tried = True
        return found
