"""The address that a person signs in with."""

from __future__ import annotations

from typing import Any

from django.db import models

from accounts.email import normalised


class LowercaseEmailField(models.EmailField):  # type: ignore[type-arg]
    """An e-mail address that is kept, and looked up, in one spelling: `accounts.email`."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return normalised(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return normalised(value) if isinstance(value, str) else value
