"""Objects in storage and their rows: what is written, claimed, and removed, in which order.

    row (to be removed in an hour) -> bytes -> claim, in the transaction that refers to it
    discard, in the transaction that stops referring to it -> bytes gone -> row gone

Whatever fails, and wherever, the row remains and says that the object is to be removed, which
`manage.py purge_files` does. No transaction is open while bytes travel.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import Error, transaction
from django.utils import timezone

from accounts.models import User
from files.models import StoredObject

Content = bytes | File[bytes]

logger = logging.getLogger(__name__)


class ObjectLostError(Exception):
    """What was written took so long to be claimed that it has been removed in the meantime."""


@contextmanager
def written(owner: User, contents: Iterable[tuple[str, Content]]) -> Iterator[list[str]]:
    """Write an object for each (extension, content); yields their keys, to be claimed.

    What the block leaves unclaimed by an exception is removed.
    """
    keys: list[str] = []
    try:
        for extension, content in contents:
            key = f"{owner.pk}/{uuid.uuid4()}.{extension}"
            StoredObject.objects.create(key=key, owner=owner)
            keys.append(key)
            data = ContentFile(content) if isinstance(content, bytes) else content
            default_storage.save(key, data)
        yield keys
    except BaseException:
        _withdraw(keys)
        raise


def claim(keys: list[str]) -> None:
    """Keep the objects; in the transaction that refers to them. Raises ObjectLostError."""
    unclaimed = StoredObject.objects.filter(pk__in=keys, remove_after__gt=timezone.now())
    if unclaimed.update(remove_after=None) != len(keys):
        raise ObjectLostError


def discard(keys: list[str]) -> None:
    """Have the objects removed when the transaction that stops referring to them is through."""
    StoredObject.objects.filter(pk__in=keys).update(remove_after=timezone.now())
    transaction.on_commit(lambda: remove(keys))


def remove(keys: Iterable[str]) -> list[str]:
    """Remove the objects and then their rows; the keys of those that could not be removed,
    which are logged and stay due."""
    failed = []
    for key in keys:
        try:
            default_storage.delete(key)
            StoredObject.objects.filter(pk=key).delete()
        except Exception:
            logger.exception("%s could not be removed; purge_files will try again", key)
            failed.append(key)
    return failed


def _withdraw(keys: list[str]) -> None:
    try:
        discard(keys)
    except Error:
        logger.exception("%s stay until purge_files removes them", keys)
