"""The field of the e-mail address that a user signs in with."""

from __future__ import annotations

from typing import Any

from django.db import models

from accounts.email import normalize_email


class LowercaseEmailField(models.EmailField):  # type: ignore[type-arg]  # generic in the stubs only
    """Store and look up e-mail addresses as `normalize_email` returns them."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return normalize_email(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return normalize_email(value) if isinstance(value, str) else value
