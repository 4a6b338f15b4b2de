"""allauth's adapter: e-mails, URLs, limits and messages."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import Any, Final

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import EmailValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts import known_browsers, signup_attempts
from accounts.email import normalize_email
from accounts.models import User
from accounts.per_user import use_formats_of
from config.lib import security_log
from config.lib.site_urls import is_site_url
from config.mail.queue import QueueBackend

FORWARDED_HOP: Final = re.compile(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+|(.+)")
# Stop trying to send a notice, which has no code or link that expires.
NOTICE_LIFETIME: Final = timedelta(days=1)


def get_mail_lifetime(template_prefix: str) -> timedelta:
    name = template_prefix.rpartition("/")[2]
    if name.startswith("email_confirmation"):
        return timedelta(seconds=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT)
    if name == "password_reset_key":
        return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return NOTICE_LIFETIME


class AccountAdapter(DefaultAccountAdapter):
    """No URL or limit may depend on the Host header, which the client chooses."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is disabled. Ask an administrator to enable it again.",
        "duplicate_email": "This is already the email of your account.",
        "email_password_mismatch": "Wrong email or password.",
        "email_taken": "An account with this email already exists.",
        "enter_current_password": "That\u2019s not your current password.",
        "incorrect_code": "That\u2019s not the code from the email. Check it and try again.",
        "incorrect_password": "Wrong password.",
        "too_many_login_attempts": "Too many failed attempts. Try again in a few minutes.",
    }

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user is None and getattr(request, "matches_signup", False):
            self._rollback_login_failed_rl_usage()
        return user

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse | None:
        response: HttpResponse | None = super().pre_login(request, user, **options)
        if response is None and not user.has_confirmed_email():
            signup_attempts.remember_password(request, user)
        else:
            signup_attempts.forget_password(request)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        signup_attempts.apply_password(request, user)
        super().login(request, user)

    def clean_email(self, email: str) -> str:
        """Reject invalid e-mail addresses. allauth would truncate one that is too long."""
        email = normalize_email(email)
        User._meta.get_field("email").run_validators(email)
        if not email.rpartition("@")[2].isascii():
            raise ValidationError(EmailValidator.message, EmailValidator.code)
        return email

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            security_log.record("throttled sign-in", request, email=credentials.get("email", ""))
            raise

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().post_login(request, user, **kwargs)
        known_browsers.remember(request, response, user.email)
        return response

    def is_safe_url(self, url: str) -> bool:
        return is_site_url(url)

    def get_client_ip(self, request: HttpRequest) -> str:
        peer, count = request.META.get("REMOTE_ADDR", ""), settings.ALLAUTH_TRUSTED_PROXY_COUNT
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        hop = hops[-count] if 0 < count <= len(hops) else ""
        return parse_ip_address(hop) or parse_ip_address(peer) or "unknown"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, context | {"site_url": settings.SITE_URL})

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        with transaction.atomic():
            confirmed = bool(super().confirm_email(request, email_address))
            if confirmed:
                email_address.user.sign_out_elsewhere(request.session.session_key)
        return confirmed

    def render_mail(self, template_prefix: str, *args: Any, **kwargs: Any) -> EmailMessage:
        message: EmailMessage = super().render_mail(template_prefix, *args, **kwargs)
        message.connection = QueueBackend(lifetime=get_mail_lifetime(template_prefix))
        return message

    def send_notification_mail(
        self, template_prefix: str, user: User, *more: Any, **options: Any
    ) -> None:
        """Format times for the recipient, who need not be the request's user."""
        with use_formats_of(user):
            super().send_notification_mail(template_prefix, user, *more, **options)

    def get_reset_password_from_key_url(self, key: str) -> str:
        user_id, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", args=[user_id, token])
        return f"{settings.SITE_URL}{path}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:account")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures per e-mail address, and separately for its known browsers.

        allauth's key contains the Host header: each made-up port would get its own attempts.
        """
        email = normalize_email(str(credentials.get("email", "")))
        return f"{email} {known_browsers.get_name(request, email)}".strip()


def parse_ip_address(hop: str) -> str | None:
    """Return the IP address without brackets, port and IPv4-mapped prefix; None if invalid."""
    found = FORWARDED_HOP.fullmatch(hop.strip())
    try:
        address = ipaddress.ip_address(next(filter(None, found.groups()))) if found else None
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address) if address else None
