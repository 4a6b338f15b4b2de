"""System checks of the proxies and of the models in the session's statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks

from accounts.per_user import PerUser

W001: Final = checks.Warning(
    "SITE_URL uses https, so there is a proxy in front, but TRUSTED_PROXY_COUNT is 0. All clients "
    "share the proxy's IP address, and ten wrong passwords in a minute lock everyone out.",
    hint="Set TRUSTED_PROXY_COUNT=1, or the number of proxies that add to X-Forwarded-For.",
    id="accounts.W001",
)
W002: Final = checks.Warning(
    "SITE_URL uses https, but HAProxy has no certificate and trusts no proxy in front. It treats "
    "every request as http and redirects it in a loop.",
    hint="Set TLS_CERT to the certificate's file, or TRUSTED_PROXIES to the proxy's IP addresses.",
    id="accounts.W002",
)


E001: Final = "SESSION_MODELS lists {named}, but the models with a row per user are {found}."


@checks.register(checks.Tags.models)
def check_session_models(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Compare SESSION_MODELS with the models, since each widens every request's statement."""
    named = sorted(settings.SESSION_MODELS)
    found = sorted(model._meta.label for model in apps.get_models() if issubclass(model, PerUser))
    if named == found:
        return []
    message = E001.format(named=", ".join(named), found=", ".join(found))
    hint = f"Set SESSION_MODELS = {tuple(found)!r} in config/settings.py."
    return [checks.Error(message, hint=hint, id="accounts.E001")]


@checks.register(checks.Tags.security)
def check_proxies(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    if not settings.HTTPS:
        return []
    if not settings.HAPROXY:
        return [] if settings.ALLAUTH_TRUSTED_PROXY_COUNT else [W001]
    proxy = settings.PROXY
    return [] if proxy.tls_certificates or proxy.trusted_proxies else [W002]
