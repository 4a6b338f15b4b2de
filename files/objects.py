"""Objects in storage and their rows: what is written, claimed, and removed, in which order.

    row (to be removed in an hour) -> bytes -> claim, in the transaction that refers to it
    discard, in the transaction that stops referring to it -> bytes gone -> row gone

Whatever fails, and wherever, the row remains and says that the object is to be removed, which
`manage.py purge_files` does. No transaction is open while bytes travel.
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
# Removed while a person waits, at most; purge_files removes the rest.
MAX_REMOVED_AT_ONCE: Final = 100
# Failures in a row after which it is storage that fails, and each more would be waited for.
MAX_FAILURES: Final = 5
PAGE_SIZE: Final = 1000

logger = logging.getLogger(__name__)


class StorageError(Exception):
    """The storage backend failed. The message is for the user; the log has the cause."""

    def __init__(self, message: str = NOT_STORED) -> None:
        super().__init__(message)


def is_full(error: BaseException | None) -> bool:
    """Whether a full disk brought the error about, be it storage's or another."""
    return any(isinstance(link, OSError) and link.errno in FULL for link in iter_causes(error))


class ObjectLostError(StorageError):
    """What was written took so long to be claimed that it has been removed in the meantime, or
    its owner has."""


@contextmanager
def write_objects(owner: User, contents: Iterable[tuple[str, Content]]) -> Iterator[list[str]]:
    """Write an object for each (extension, content); yields their keys, to be claimed.

    What the block leaves unclaimed by an exception is removed. Raises StorageError, and
    RuntimeError inside a transaction.
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
    """Keep the objects; in the transaction that refers to them. Raises ObjectLostError."""
    if StoredObject.objects.filter(pk__in=keys).pending().update(remove_after=None) != len(keys):
        raise ObjectLostError


def mark_unused(keys: list[str]) -> None:
    """Have the objects removed when the transaction that stops referring to them is through."""
    StoredObject.objects.filter(pk__in=keys).update(remove_after=Now())
    transaction.on_commit(lambda: _remove_now(keys), robust=True)


def remove(keys: Iterable[str], *, max_failures: int = MAX_FAILURES) -> list[str]:
    """Remove those of the objects that are due, and then their rows; the keys of those that
    could not be removed, which are logged and stay due."""
    removal = Removal(max_failures=max_failures)
    removal.remove(list(keys))
    return removal.failed + removal.skipped


def remove_due() -> tuple[int, list[str]]:
    """Remove all that is due: how many objects are gone, and the keys of those that are not.

    What failed is due anew, behind all others, so that the next run begins with these.
    """
    removal, queue = Removal(), _list_due_keys()
    while page := list(queue[removal.left : removal.left + PAGE_SIZE]):
        removal.remove(page)
    StoredObject.objects.filter(pk__in=removal.failed).update(remove_after=Now())
    return removal.removed, removal.failed + removal.skipped


@dataclass
class Removal:
    """Removes objects, one after the other, for as long as storage does what it shall."""

    max_failures: int = MAX_FAILURES
    removed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    consecutive_failures: int = 0

    @property
    def left(self) -> int:
        return len(self.failed) + len(self.skipped)

    def remove(self, keys: list[str]) -> None:
        """Remove those of the objects that are due, and then their rows."""
        gone = [key for key in _lock_due(keys) if self._delete(key)]
        StoredObject.objects.filter(pk__in=gone).delete()
        self.removed += len(gone)

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
    """The keys of the rows in their order, of which never more than a page is in memory."""
    keys, last = rows.order_by("pk").values_list("pk", flat=True), ""
    while page := list(keys.filter(pk__gt=last)[:PAGE_SIZE]):
        yield page
        last = page[-1]


def open_object(key: str) -> StoredFile:
    """The object, to be read. Raises FileNotFoundError, which is logged, or StorageError."""
    with translate_errors(key):
        stored = default_storage.open(key)
        # A bucket has not sent anything yet; if it does not, that shall be known here.
        stored.read(1)
        stored.seek(0)
        return stored


def is_stored(key: str) -> bool:
    """Whether the object is there; that it is not is logged. Raises StorageError."""
    with translate_errors(key):
        found = default_storage.exists(key)
    if not found:
        logger.error(MISSING, key)
    return found


def _create_row(key: str, owner: User) -> None:
    """Have the row committed before anything is written under its key."""
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
    """Turn what storage raises in the block into StorageError, but for FileNotFoundError."""
    try:
        yield
    except FileNotFoundError:
        logger.error(MISSING, key)  # noqa: TRY400
        raise
    except Exception as error:
        logger.exception("%s cannot be read", key)
        raise StorageError(NOT_READ) from error


def _remove_pending(keys: list[str]) -> None:
    """Remove what has not been claimed. Whether it has, the database says: an error that came
    with the commit, or after it, leaves a file and its object alone."""
    try:
        StoredObject.objects.filter(pk__in=keys).pending().update(remove_after=Now())
        _remove_now(keys)
    except Error:
        logger.exception("%s stay until purge_files removes them", keys)


def _remove_now(keys: list[str]) -> None:
    """Remove as many as a person can wait for."""
    remove(keys[:MAX_REMOVED_AT_ONCE], max_failures=1)


def _list_due_keys() -> QuerySet[StoredObject, str]:
    """The keys of all that is due, that which has been so for the longest time first."""
    since = Coalesce("remove_after", "created_at")
    return StoredObject.objects.due().order_by(since, "pk").values_list("pk", flat=True)


def _lock_due(keys: list[str]) -> list[str]:
    """Those of the objects that are due, in the same order. Waiting for their locks waits for a
    claim that has not been committed, and afterwards there can be none."""
    with transaction.atomic():
        rows = StoredObject.objects.filter(pk__in=keys).due().order_by("pk").select_for_update()
        due = set(rows.values_list("pk", flat=True))
    return [key for key in keys if key in due]


def delete_object(key: str) -> bool:
    """Whether the object is gone from storage now; that it is not is logged."""
    try:
        default_storage.delete(key)
    except Exception:
        logger.exception("%s could not be removed; purge_files will try again", key)
        return False
    return True
