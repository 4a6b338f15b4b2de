"""System checks of who counts as whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

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


@checks.register(checks.Tags.security)
def check_proxies(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    if not settings.HTTPS:
        return []
    if not settings.HAPROXY:
        return [] if settings.ALLAUTH_TRUSTED_PROXY_COUNT else [W001]
    front = settings.FRONT
    return [] if front.tls_certificates or front.trusted_proxies else [W002]
