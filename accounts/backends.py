from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend
from django.http import HttpRequest

from accounts.models import User


class AuthenticationBackend(AllauthBackend):  # type: ignore[misc]
    """Address and password, for those who have confirmed the address.

    An unconfirmed account has to look like none at all: whoever signs up with somebody's
    address and then tries to sign in would learn whether it had been free. Its owner gets in
    by a new password, since the mailed link confirms the address.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        return user if user and user.has_confirmed_email() else None
