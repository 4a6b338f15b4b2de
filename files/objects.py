"""Write, use and remove objects in storage, and their rows, in a safe order.

    row (to be removed in an hour) -> object -> mark_used, in the referring transaction
    mark_unused, in the transaction that removes the reference -> object gone -> row gone

Whatever fails, the row remains until `manage.py purge_files` removes the object. No transaction is
open during uploads.
"""

from __future__ import annotations

import errno
import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import Error, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now

from accounts.models import User
from config.database.errors import iter_causes
from files.models import StoredObject, StoredObjectQuerySet

StoredFile: TypeAlias = "File[bytes]"
Content: TypeAlias = "bytes | StoredFile"

NOT_STORED: Final = "The file was not saved. Try again later."
NOT_READ: Final = "The file is not available right now. Try again later."
MISSING: Final = "%s is missing in storage"
FULL: Final = (errno.ENOSPC, errno.EDQUOT)
# Objects removed during a request; purge_files removes the rest.
MAX_REMOVED_AT_ONCE: Final = 100
# Consecutive failures until storage is considered down, so that the rest does not wait for it.
MAX_FAILURES: Final = 5
PAGE_SIZE: Final = 1000

logger = logging.getLogger(__name__)


class StorageError(Exception):
    """The storage backend failed. The message is for the user; the log has the cause."""

    def __init__(self, message: str = NOT_STORED) -> None:
        super().__init__(message)


def is_full(error: BaseException | None) -> bool:
    return any(isinstance(link, OSError) and link.errno in FULL for link in iter_causes(error))


class ObjectLostError(StorageError):
    """The object or its owner was removed before it was used."""


@contextmanager
def write_objects(owner: User, contents: Iterable[tuple[str, Content]]) -> Iterator[list[str]]:
    """Write an object for each (extension, content) and yield the keys for `mark_used`.

    If the block raises, the objects that are not marked as used are removed. Raises StorageError,
    and RuntimeError inside a transaction.
    """
    keys: list[str] = []
    try:
        for extension, content in contents:
            keys.append(f"{owner.pk}/{uuid.uuid4()}.{extension}")
            _create_row(keys[-1], owner)
            _write_object(keys[-1], content)
        yield keys
    except BaseException:
        _remove_pending(keys)
        raise


def mark_used(keys: list[str]) -> None:
    """Keep the objects. Call it in the transaction that refers to them. Raises ObjectLostError."""
    if StoredObject.objects.filter(pk__in=keys).pending().update(remove_after=None) != len(keys):
        raise ObjectLostError


def mark_unused(keys: list[str]) -> None:
    """Remove the objects after the current transaction, which deletes the references."""
    StoredObject.objects.filter(pk__in=keys).update(remove_after=Now())
    transaction.on_commit(lambda: _remove_now(keys), robust=True)


def remove(keys: Iterable[str], *, max_failures: int = MAX_FAILURES) -> list[str]:
    """Remove the due objects among these and their rows.

    Returns the keys that could not be removed; they are logged and stay due.
    """
    removal = Removal(max_failures=max_failures)
    removal.remove(list(keys))
    return removal.failed + removal.skipped


def remove_due() -> tuple[int, list[str]]:
    """Remove all due objects; return how many were removed, and the keys of the others.

    Failed objects move to the end of the queue, so that the next run starts with the others.
    """
    removal, queue = Removal(), _list_due_keys()
    while page := list(queue[removal.left : removal.left + PAGE_SIZE]):
        removal.remove(page)
    StoredObject.objects.filter(pk__in=removal.failed).update(remove_after=Now())
    return removal.removed, removal.failed + removal.skipped


@dataclass
class Removal:
    """Remove objects one by one until storage fails `max_failures` times in a row."""

    max_failures: int = MAX_FAILURES
    removed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    consecutive_failures: int = 0

    @property
    def left(self) -> int:
        return len(self.failed) + len(self.skipped)

    def remove(self, keys: list[str]) -> None:
        removed = [key for key in _lock_due(keys) if self._delete(key)]
        StoredObject.objects.filter(pk__in=removed).delete()
        self.removed += len(removed)

    def _delete(self, key: str) -> bool:
        if self.consecutive_failures >= self.max_failures:
            self.skipped.append(key)
            return False
        if delete_object(key):
            self.consecutive_failures = 0
            return True
        self.consecutive_failures += 1
        self.failed.append(key)
        return False


def iter_key_pages(rows: StoredObjectQuerySet) -> Iterator[list[str]]:
    keys, last = rows.order_by("pk").values_list("pk", flat=True), ""
    while page := list(keys.filter(pk__gt=last)[:PAGE_SIZE]):
        yield page
        last = page[-1]


def open_object(key: str) -> StoredFile:
    """Open the object for reading. Raises StorageError, or FileNotFoundError, which is logged."""
    with translate_errors(key):
        file = default_storage.open(key)
        # Buckets send nothing until the first read: raise their errors here.
        file.read(1)
        file.seek(0)
        return file


def is_stored(key: str) -> bool:
    with translate_errors(key):
        found = default_storage.exists(key)
    if not found:
        logger.error(MISSING, key)
    return found


def _create_row(key: str, owner: User) -> None:
    with transaction.atomic(durable=True):
        StoredObject.objects.create(key=key, owner=owner)


def _write_object(key: str, content: Content) -> None:
    try:
        default_storage.save(key, ContentFile(content) if isinstance(content, bytes) else content)
    except Exception as error:
        logger.exception("%s could not be written", key)
        raise StorageError from error


@contextmanager
def translate_errors(key: str) -> Iterator[None]:
    """Turn the storage's exceptions into StorageError, except FileNotFoundError."""
    try:
        yield
    except FileNotFoundError:
        logger.error(MISSING, key)  # noqa: TRY400  a missing file needs no traceback
        raise
    except Exception as error:
        logger.exception("%s cannot be read", key)
        raise StorageError(NOT_READ) from error


def _remove_pending(keys: list[str]) -> None:
    """Remove the objects that are not marked as used.

    The database decides: after an error during or after the commit the file may exist.
    """
    try:
        StoredObject.objects.filter(pk__in=keys).pending().update(remove_after=Now())
        _remove_now(keys)
    except Error:
        logger.exception("could not remove %s; purge_files will do it", keys)


def _remove_now(keys: list[str]) -> None:
    remove(keys[:MAX_REMOVED_AT_ONCE], max_failures=1)


def _list_due_keys() -> QuerySet[StoredObject, str]:
    since = Coalesce("remove_after", "created_at")
    return StoredObject.objects.due().order_by(since, "pk").values_list("pk", flat=True)


def _lock_due(keys: list[str]) -> list[str]:
    """Return the due keys among these, in the same order.

    Waits for uncommitted `mark_used` calls; afterwards there can be none.
    """
    with transaction.atomic():
        rows = StoredObject.objects.filter(pk__in=keys).due().order_by("pk").select_for_update()
        due = set(rows.values_list("pk", flat=True))
    return [key for key in keys if key in due]


def delete_object(key: str) -> bool:
    try:
        default_storage.delete(key)
    except Exception:
        logger.exception("%s could not be removed; purge_files will try again", key)
        return False
    return True
