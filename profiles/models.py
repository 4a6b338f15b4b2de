from __future__ import annotations

from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models

from accounts.personal import Personal
from config.local_formats import DEFAULT_LOCALE, DEFAULT_ZONE
from files.models import StoredObject
from profiles.places import known_locale, known_zone


class Profile(Personal):
    """What a person tells about themselves, and where on earth they read the clock."""

    bio = models.TextField(
        blank=True, validators=[ProhibitNullCharactersValidator(), MaxLengthValidator(2048)]
    )
    timezone = models.CharField(
        "time zone", max_length=64, default=DEFAULT_ZONE, validators=[known_zone]
    )
    locale = models.CharField(max_length=16, default=DEFAULT_LOCALE, validators=[known_locale])
    avatar = models.OneToOneField(
        StoredObject, on_delete=models.PROTECT, null=True, blank=True, editable=False
    )

    def __str__(self) -> str:
        return f"profile of {self.user}"
