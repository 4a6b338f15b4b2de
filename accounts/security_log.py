"""The log of who came, went, failed or changed what opens an account; without any secret."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from django.contrib.auth import signals as auth
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.dispatch import receiver
from django.http import HttpRequest

logger: Final = logging.getLogger("accounts.security")


def record(event: str, request: HttpRequest | None, user: Any = None, address: str = "") -> None:
    """One line; a known person by the key, whom else they call themselves by the address."""
    who = f"user {user.pk}" if user is not None and user.pk else f"address {address or '-'}"
    logger.info("%s: %s, from %s", event, who, place(request))


def record_change(event: str, request: HttpRequest, row: Model, values: Sequence[str] = ()) -> None:
    """One line: what somebody has done, in the administration, to whom."""
    what = f": {', '.join(values)}" if values else ""
    whom = f"{row._meta.verbose_name} {row.pk}"
    who = request.user.pk
    logger.info("%s of %s by user %s, from %s%s", event, whom, who, place(request), what)


def place(request: HttpRequest | None) -> str:
    if request is None:
        return "-"
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return "-"


@receiver(auth.user_logged_in)
def signed_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("sign-in", request, user)


@receiver(auth.user_logged_out)
def signed_out(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if user is not None:
        record("sign-out", request, user)


@receiver(auth.user_login_failed)
def failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    record("failed sign-in", request, address=str(credentials.get("email", "")))


@receiver(account.user_signed_up)
def signed_up(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("sign-up", request, user)


@receiver(account.email_verification_code_rejected)
def rejected(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("wrong code", request, user)


@receiver(account.password_changed)
def password_changed(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("password change", request, user)


@receiver(account.password_reset)
def password_reset(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("password reset", request, user)


@receiver(account.email_changed)
def email_changed(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("e-mail change", request, user)
