from __future__ import annotations

import uuid
from datetime import timedelta
from math import ceil
from typing import Final, Self

from django.conf import settings
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

# How long an upload may take until its objects count as left over.
WRITE_PERIOD: Final = timedelta(hours=1)
# How long a deleted file can be restored.
TRASH_PERIOD: Final = timedelta(days=30)


def default_remove_after() -> object:
    return timezone.now() + WRITE_PERIOD


class StoredObjectQuerySet(models.QuerySet["StoredObject"]):
    def due(self) -> Self:
        return self.filter(models.Q(remove_after__lte=Now()) | models.Q(owner=None))

    def get_oldest_age(self) -> float:
        """Return for how many seconds an object has been due to be removed; 0 if none is."""
        due = self.filter(remove_after__lte=Now())
        age = due.aggregate(age=Now() - models.Min("remove_after"))["age"]
        return float(age.total_seconds()) if age else 0.0

    def pending(self) -> Self:
        """Select the objects that can still be used.

        Uses the database's clock, like `due`, so that no object is both.
        """
        return self.filter(remove_after__gt=Now(), owner__isnull=False)


class StoredObject(models.Model):
    """An object in storage.

    The row is created before the object and deleted after it, so that no failure leaves an object
    without a row.
    """

    # The collation of object storage, so that both lists can be compared in order.
    key = models.CharField(primary_key=True, max_length=100, editable=False, db_collation="C")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="stored_objects",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    remove_after = models.DateTimeField(
        null=True, default=default_remove_after, editable=False, help_text="Empty: it is in use."
    )

    objects = StoredObjectQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                "remove_after",
                name="files_storedobject_due",
                condition=models.Q(remove_after__isnull=False),
            ),
            models.Index(fields=["-created_at", "key"], name="files_storedobject_newest"),
        ]

    def __str__(self) -> str:
        return self.key


class FileQuerySet(models.QuerySet["File"]):
    def present(self) -> Self:
        return self.filter(deleted_at=None)

    def deleted(self) -> Self:
        return self.filter(deleted_at__gt=timezone.now() - TRASH_PERIOD)

    def unexpired(self) -> Self:
        """Select the present and the restorable files.

        Only these count towards the quota: users cannot free space that they do not see.
        """
        return self.filter(
            models.Q(deleted_at=None) | models.Q(deleted_at__gt=timezone.now() - TRASH_PERIOD)
        )

    def expired(self) -> Self:
        return self.filter(deleted_at__lte=timezone.now() - TRASH_PERIOD)

    def trash(self) -> int:
        now = timezone.now()
        return self.present().update(deleted_at=now, updated_at=now)

    def restore(self) -> int:
        return self.deleted().update(deleted_at=None, updated_at=timezone.now())


class File(models.Model):
    """An uploaded file. Its row exists only as long as its object."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="files",
        db_index=False,  # the index below starts with it
        editable=False,
    )
    name = models.CharField(max_length=255, validators=[ProhibitNullCharactersValidator()])
    content_type = models.CharField(max_length=100, editable=False)
    size = models.PositiveBigIntegerField(editable=False, help_text="Bytes.")
    object = models.OneToOneField(StoredObject, on_delete=models.PROTECT, editable=False)
    thumbnail = models.OneToOneField(
        StoredObject,
        on_delete=models.PROTECT,
        null=True,
        related_name="thumbnail_of",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = FileQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at", "id"], name="files_file_newest_first"),
            models.Index(fields=["-created_at", "id"], name="files_file_newest_of_all"),
            models.Index(
                "deleted_at",
                name="files_file_trash",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(name="files_file_size", condition=models.Q(size__gt=0))
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def days_left(self) -> int:
        """Return the days, rounded up, until the file can no longer be restored."""
        left = (
            TRASH_PERIOD - (timezone.now() - self.deleted_at) if self.deleted_at else TRASH_PERIOD
        )
        return max(0, ceil(left / timedelta(days=1)))
