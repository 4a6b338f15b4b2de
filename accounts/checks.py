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


@checks.register(checks.Tags.security)
def check_proxies(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    return [W001] if settings.HTTPS and settings.ALLAUTH_TRUSTED_PROXY_COUNT == 0 else []
