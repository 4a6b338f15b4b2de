from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.inclusion_tag("accounts/local_mail.html")
def local_mail() -> dict[str, object]:
    """Say where mail went if EMAIL_URL is not set, except on https: that site is public."""
    in_folder = settings.EMAIL_BACKEND.endswith("folder.EmailBackend") and not settings.HTTPS
    in_console = settings.EMAIL_BACKEND.endswith("console.EmailBackend") and not settings.HTTPS
    folder = settings.EMAIL_FILE_PATH if in_folder else ""  # type: ignore[misc]  # only `filemail:` has one
    return {"folder": folder, "console": in_console}
