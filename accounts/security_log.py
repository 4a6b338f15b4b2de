"""Record sign-ins, sign-ups and changes of credentials in the security log."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from django.contrib.auth import signals as auth
from django.dispatch import receiver
from django.http import HttpRequest

from config.lib.security_log import record
from config.observe.events import Kind, send_event


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
