"""The trash: what is in it can be restored for 30 days, then it is gone for good."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from files import objects
from files.models import File, FileQuerySet

# Files in one transaction; with their thumbnails as many objects as are removed after it.
BATCH_SIZE: Final = objects.MAX_REMOVED_AT_ONCE // 2


def delete_expired() -> int:
    """Delete for good what has been in the trash for too long; how many files that were."""
    total = 0
    expired = File.objects.expired().values("pk")[:BATCH_SIZE]
    while count := delete_for_good(File.objects.filter(pk__in=expired)):
        total += count
    return total


def delete_for_good(files: FileQuerySet) -> int:
    """Remove the files, be they in the trash or not; how many there were.

    Their rows go in one transaction, and what is in storage after it.
    """
    with transaction.atomic():
        doomed = files.order_by("pk").select_for_update(of=("self",))
        rows = list(doomed.values_list("pk", "object_id", "thumbnail_id"))
        File.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
        objects.mark_unused([key for _, *keys in rows for key in keys if key])
    return len(rows)
