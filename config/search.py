"""Searching rows by the words that somebody has typed."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Final, TypeVar

from django.db.models import Model, Q, QuerySet

MOST_WORDS: Final = 8

M = TypeVar("M", bound=Model)


def having_words(rows: QuerySet[M], text: str, *fields: str) -> QuerySet[M]:
    """The rows with every word of `text` (the first eight) in one of the fields."""
    if "\0" in text:
        # No text in PostgreSQL contains it, and it refuses to be asked.
        return rows.none()
    for word in text.split()[:MOST_WORDS]:
        rows = rows.filter(reduce(or_, (Q(**{f"{field}__icontains": word}) for field in fields)))
    return rows
