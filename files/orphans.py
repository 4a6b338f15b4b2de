"""Find objects without a row, and rows without their object.

Compares both lists in the order of the keys, one page at a time, so that any number fits into
memory. A second look excludes what has changed meanwhile.
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
    """Yield every key of either side with its kind of orphan, or None. Raises StorageError."""
    for key, group in groupby(heapq.merge(_list_objects(), _list_rows()), key=itemgetter(0)):
        found = [Orphan[side] for _, side in group]
        yield key, found[0] if len(found) == 1 and _is_orphan(key, found[0]) else None


def remove(key: str, orphan: Orphan) -> bool:
    """Remove the object, or all references to the missing one; return whether it succeeded."""
    if orphan is Orphan.OBJECT:
        return objects.delete_object(key)
    trash.delete_for_good(File.objects.filter(object=key))
    _clear_references(key)
    return not objects.remove([key])


def _list_objects() -> Iterator[tuple[str, str]]:
    storage: Any = default_storage
    with objects.translate_errors("the list of all objects"):
        for key in storage.list_keys():
            if _key_pattern.fullmatch(key):
                yield key, Orphan.OBJECT.name


def _list_rows() -> Iterator[tuple[str, str]]:
    pages = objects.iter_key_pages(StoredObject.objects.all())
    return ((key, Orphan.ROW.name) for page in pages for key in page)


def _is_orphan(key: str, side: Orphan) -> bool:
    """Check again: rows are created before their objects and deleted after them."""
    rows = StoredObject.objects.filter(pk=key)
    if side is Orphan.OBJECT:
        return not rows.exists()
    in_use = rows.filter(remove_after=None, owner__isnull=False)
    return in_use.exists() and not objects.is_stored(key) and in_use.exists()


def _clear_references(key: str) -> None:
    with transaction.atomic():
        for relation in StoredObject._meta.related_objects:
            if relation.field.null:
                rows = relation.related_model._default_manager.filter(**{relation.field.name: key})
                rows.update(**{relation.field.name: None})
        objects.mark_unused([key])
