"""System checks of the proxies in front, and of what the session's statement reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks

from accounts.per_user import PerUser

W001: Final = checks.Warning(
    "SITE_URL is https, so a proxy is in front, but TRUSTED_PROXY_COUNT is 0: everybody has "
    "the proxy's address, and ten wrong passwords a minute lock everybody out.",
    hint="Set TRUSTED_PROXY_COUNT=1, or how many proxies add to X-Forwarded-For.",
    id="accounts.W001",
)
W002: Final = checks.Warning(
    "SITE_URL is https, but HAProxy has no certificate and believes no proxy in front: it takes "
    "every request for one by http, and redirects it without end.",
    hint="Set TLS_CERT to the certificate's file, or TRUSTED_PROXIES to the proxy's addresses.",
    id="accounts.W002",
)


E001: Final = "SESSION_MODELS names {named}, and the models with a row per user are {found}."


@checks.register(checks.Tags.models)
def check_session_models(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Compare SESSION_MODELS with the models: none may widen every request unseen."""
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
