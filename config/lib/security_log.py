"""The log of sign-ins, failures and changes of credentials and permissions, without secrets."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

from allauth.account.adapter import get_adapter
from django.db.models import Model
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

logger: Final = logging.getLogger("security")


def record(event: str, request: HttpRequest | None, user: Any = None, email: str = "") -> None:
    who = _describe_user(user) if user is not None and user.pk else _describe_email(email)
    logger.info("%s: %s, from %s", event, who, get_ip_address(request))


def record_change(event: str, request: HttpRequest, row: Model, values: Sequence[str] = ()) -> None:
    target = f"{row._meta.verbose_name} {row.pk}"
    ip, details = get_ip_address(request), f": {', '.join(values)}" if values else ""
    logger.info("%s of %s by user %s, from %s%s", event, target, request.user.pk, ip, details)


def get_ip_address(request: HttpRequest | None) -> str:
    return str(get_adapter().get_client_ip(request)) if request else "-"


def _describe_user(user: Any) -> str:
    return f"user {user.pk}{' (staff)' if user.is_staff or user.is_superuser else ''}"


def _describe_email(email: str) -> str:
    """Return the same letters for the same e-mail address, which do not tell what it is."""
    if not email:
        return "no e-mail address"
    digest = salted_hmac("config.lib.security_log", email.strip().lower(), algorithm="sha256")
    return f"e-mail address #{digest.hexdigest()[:12]}"
