"""Searching rows by the words that somebody has typed."""

from __future__ import annotations

import re
import unicodedata
from functools import reduce
from operator import or_
from typing import Final, TypeVar

from django.db.models import F, Func, Model, Q, QuerySet, TextField
from django.db.models.lookups import IRegex

MOST_WORDS: Final = 8
LONGEST_WORD: Final = 100
# Scripts that put no blanks between words: Thai and its neighbours, Chinese, Japanese, Korean.
UNDIVIDED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u2e80-\udfff]")

M = TypeVar("M", bound=Model)


class OneForm(Func):
    """A text in the one form in which letters with marks are single characters. Most texts are
    in ASCII and in that form already."""

    template = (
        "CASE WHEN octet_length(%(expressions)s) = length(%(expressions)s)"
        " THEN %(expressions)s ELSE normalize(%(expressions)s, NFKC) END"
    )
    output_field = TextField()


def having_words(rows: QuerySet[M], text: str, *fields: str) -> QuerySet[M]:
    """The rows in which every word of `text` (the first eight) begins a word of one of the fields,
    in any order and in any case."""
    if "\0" in text:
        # No text in PostgreSQL contains it, and it refuses to be asked.
        return rows.none()
    for word in unicodedata.normalize("NFKC", text).split()[:MOST_WORDS]:
        pattern = beginning(word[:LONGEST_WORD])
        rows = rows.filter(reduce(or_, (Q(IRegex(OneForm(F(f)), pattern)) for f in fields)))
    return rows


def beginning(word: str) -> str:
    """PostgreSQL's regular expression for a word that begins so."""
    literal = re.sub(r"[^\w\s]", r"\\\g<0>", word)
    if not word[0].isalnum() or UNDIVIDED.match(word):
        return literal
    return rf"(^|[^[:alnum:]]){literal}"
