"""Where storage and the database disagree: objects without a row, rows without their object.

Both lists are read side by side, in the order of the keys and a page at a time, so that any
number of them fits into memory. What changes meanwhile is told from an orphan by a second look.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from django.core.files.storage import default_storage
from django.db import transaction

from files import objects, trash
from files.models import File, StoredObject

UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

_key_pattern = re.compile(rf"{UUID}/{UUID}\.[a-z0-9]{{1,8}}")


class Orphan(Enum):
    OBJECT = "object without a row"
    ROW = "row without its object"


def compare_keys() -> Iterator[tuple[str, Orphan | None]]:
    """Every key, of either side, and whether it is an orphan. Raises StorageError."""
    for key, group in groupby(heapq.merge(_list_objects(), _list_rows()), key=itemgetter(0)):
        found = [Orphan[side] for _, side in group]
        yield key, found[0] if len(found) == 1 and _is_orphan(key, found[0]) else None


def remove(key: str, orphan: Orphan) -> bool:
    """Remove the object, or all that refers to the missing one; whether it is done."""
    if orphan is Orphan.OBJECT:
        return objects.delete_object(key)
    trash.delete_for_good(File.objects.filter(object=key))
    _clear_references(key)
    return not objects.remove([key])


def _list_objects() -> Iterator[tuple[str, str]]:
    """Those whose keys are of our shape; what else is in storage is none of our business."""
    storage: Any = default_storage
    with objects.translate_errors("the list of all objects"):
        for key in storage.list_keys():
            if _key_pattern.fullmatch(key):
                yield key, Orphan.OBJECT.name


def _list_rows() -> Iterator[tuple[str, str]]:
    pages = objects.iter_key_pages(StoredObject.objects.all())
    return ((key, Orphan.ROW.name) for page in pages for key in page)


def _is_orphan(key: str, side: Orphan) -> bool:
    """Whether it still is one. An object's row is there before it and goes after it."""
    rows = StoredObject.objects.filter(pk=key)
    if side is Orphan.OBJECT:
        return not rows.exists()
    in_use = rows.filter(remove_after=None, owner__isnull=False)
    return in_use.exists() and not objects.is_stored(key) and in_use.exists()


def _clear_references(key: str) -> None:
    """Leave the missing picture out, of whatever it was the picture."""
    with transaction.atomic():
        for relation in StoredObject._meta.related_objects:
            if relation.field.null:
                rows = relation.related_model._default_manager.filter(**{relation.field.name: key})
                rows.update(**{relation.field.name: None})
        objects.mark_unused([key])
