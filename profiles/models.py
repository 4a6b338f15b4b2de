from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Self

from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models

from accounts.per_user import PerUser
from config.lib.local_formats import DEFAULT_LOCALE, DEFAULT_ZONE, local_formats
from files.models import StoredObject
from profiles.timezones import list_locales, list_zones, validate_locale, validate_zone


class ProfileQuerySet(models.QuerySet["Profile"]):
    def with_avatar(self) -> Self:
        return self.exclude(avatar=None)


class Profile(PerUser):
    """What users tell about themselves, with time zone and locale."""

    bio = models.TextField(
        blank=True, validators=[ProhibitNullCharactersValidator(), MaxLengthValidator(2048)]
    )
    timezone = models.CharField(
        "time zone", max_length=64, default=DEFAULT_ZONE, validators=[validate_zone]
    )
    locale = models.CharField(max_length=16, default=DEFAULT_LOCALE, validators=[validate_locale])
    avatar = models.OneToOneField(
        StoredObject, on_delete=models.PROTECT, null=True, blank=True, editable=False
    )

    objects = ProfileQuerySet.as_manager()

    def __str__(self) -> str:
        return f"profile of {self.user}"

    def use_formats(self) -> AbstractContextManager[None]:
        """Use the user's time zone and locale in a block; unknown ones become the defaults."""
        return local_formats(
            self.timezone if self.timezone in list_zones() else DEFAULT_ZONE,
            self.locale if self.locale in list_locales() else DEFAULT_LOCALE,
        )
