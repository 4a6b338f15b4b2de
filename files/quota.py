"""The quota of each user. Files in the trash count until they expire."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, PositiveBigIntegerField, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from config.lib.local_formats import local_number
from config.observe.events import UploadRefusal

# Tiny files would fill the table long before the quota.
MAX_FILES: Final = 10_000
USED_BYTES: Final = Coalesce(Sum("size"), 0, output_field=PositiveBigIntegerField())

FULL: Final = "There isn't enough space for this file. Delete some files for good first."
TOO_MANY: Final = "You have %s files, which is the limit. Delete some for good first."


def count_used_bytes(user: User) -> int:
    size: int = user.files.unexpired().aggregate(used=USED_BYTES)["used"]
    return size


def check_any_space(user: User, size: int) -> None:
    """Raise ValidationError only if not even one byte is left: some of several files may fit."""
    check_space(user, 1)


def check_space(user: User, size: int) -> None:
    totals = user.files.unexpired().aggregate(used=USED_BYTES, count=Count("pk"))
    if totals["used"] + size > settings.FILE_QUOTA:
        raise ValidationError(FULL, UploadRefusal.QUOTA)
    if totals["count"] >= MAX_FILES:
        raise ValidationError(TOO_MANY % local_number(MAX_FILES), UploadRefusal.QUOTA)
