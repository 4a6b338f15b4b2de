from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.inclusion_tag("accounts/local_mail.html")
def local_mail() -> dict[str, object]:
    """Where the mail went if the site delivers none, as it does until EMAIL_URL is given.

    A site on https has visitors from elsewhere, whom the machine's folders do not concern.
    """
    kept = settings.EMAIL_BACKEND.endswith("folder.EmailBackend") and not settings.HTTPS
    printed = settings.EMAIL_BACKEND.endswith("console.EmailBackend") and not settings.HTTPS
    folder = settings.EMAIL_FILE_PATH if kept else ""  # type: ignore[misc]
    return {"folder": folder, "console": printed}
