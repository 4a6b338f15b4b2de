"""How much a person may keep: the files in the trash count, as they take their place too, until
their time there is over."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, PositiveBigIntegerField, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from config.lib.local_formats import local_number

# Empty lines of text would fill a table long before they fill the quota.
MAX_FILES: Final = 10_000
USED_BYTES: Final = Coalesce(Sum("size"), 0, output_field=PositiveBigIntegerField())

FULL: Final = "There is not enough space for this file. Delete other files for good first."
TOO_MANY: Final = "You have %s files, which is the limit. Delete some for good first."


def count_used_bytes(user: User) -> int:
    """The bytes of all files that the person keeps."""
    size: int = user.files.unexpired().aggregate(used=USED_BYTES)["used"]
    return size


def check_any_space(user: User, size: int) -> None:
    """Of several files that are still to come, some may fit: refuse them where none does."""
    check_space(user, 1)


def check_space(user: User, size: int) -> None:
    """Raise ValidationError if the person may not keep so many bytes more."""
    totals = user.files.unexpired().aggregate(used=USED_BYTES, count=Count("pk"))
    if totals["used"] + size > settings.FILE_QUOTA:
        raise ValidationError(FULL)
    if totals["count"] >= MAX_FILES:
        raise ValidationError(TOO_MANY % local_number(MAX_FILES))
