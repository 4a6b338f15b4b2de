"""The log of sign-ins, failures and changes of credentials and permissions, without secrets."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from django.contrib.auth import signals as auth
from django.db.models import Model
from django.dispatch import receiver
from django.http import HttpRequest

from config.observe.events import Kind, send_event

logger: Final = logging.getLogger("accounts.security")


def record(event: str, request: HttpRequest | None, user: Any = None, email: str = "") -> None:
    who = f"user {user.pk}" if user is not None and user.pk else f"e-mail address {email or '-'}"
    logger.info("%s: %s, from %s", event, who, get_ip_address(request))


def record_change(event: str, request: HttpRequest, row: Model, values: Sequence[str] = ()) -> None:
    target = f"{row._meta.verbose_name} {row.pk}"
    ip, details = get_ip_address(request), f": {', '.join(values)}" if values else ""
    logger.info("%s of %s by user %s, from %s%s", event, target, request.user.pk, ip, details)


def get_ip_address(request: HttpRequest | None) -> str:
    return str(get_adapter().get_client_ip(request)) if request else "-"


@receiver(auth.user_logged_in)
def log_sign_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("sign-in", request, user)
    send_event(Kind.SIGN_IN)


@receiver(auth.user_logged_out)
def log_sign_out(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if user is not None:
        record("sign-out", request, user)


@receiver(auth.user_login_failed)
def log_failed_sign_in(
    credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    record("failed sign-in", request, email=str(credentials.get("email", "")))
    send_event(Kind.FAILED_SIGN_IN)


@receiver(account.user_signed_up)
def log_sign_up(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("sign-up", request, user)
    send_event(Kind.SIGN_UP)


@receiver(account.email_verification_code_rejected)
def log_wrong_code(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("wrong code", request, user)


@receiver(account.password_changed)
def log_password_change(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("password change", request, user)


@receiver(account.password_reset)
def log_password_reset(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("password reset", request, user)


@receiver(account.email_changed)
def log_email_change(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("e-mail change", request, user)
