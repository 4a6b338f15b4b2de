"""Delete files for good: expired ones, and those that users choose."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from files import objects
from files.models import File, FileQuerySet

# Files per transaction; with thumbnails, no more objects than are removed at once.
BATCH_SIZE: Final = objects.MAX_REMOVED_AT_ONCE // 2


def delete_expired() -> int:
    total = 0
    expired = File.objects.expired().values("pk")[:BATCH_SIZE]
    while count := delete_for_good(File.objects.filter(pk__in=expired)):
        total += count
    return total


def delete_for_good(files: FileQuerySet) -> int:
    """Delete the files, in the trash or not; return how many.

    The rows are deleted in one transaction, the objects after it.
    """
    with transaction.atomic():
        locked = files.order_by("pk").select_for_update(of=("self",))
        rows = list(locked.values_list("pk", "object_id", "thumbnail_id"))
        File.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
        objects.mark_unused([key for _, *keys in rows for key in keys if key])
    return len(rows)
