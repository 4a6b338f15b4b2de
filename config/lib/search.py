"""Word search in text columns."""

from __future__ import annotations

import re
import unicodedata
from functools import reduce
from operator import or_
from typing import Any, Final, TypeVar

from django.db.models import F, Func, Q, QuerySet, TextField
from django.db.models.lookups import IRegex

MOST_WORDS: Final = 8
LONGEST_WORD: Final = 100
# Scripts without spaces between words: Thai and its neighbours, Chinese, Japanese, Korean.
UNDIVIDED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u2e80-\udfff]")

Rows = TypeVar("Rows", bound=QuerySet[Any])


class NormalizedText(Func):
    """Normalize text to NFKC; ASCII text, the most common, already is."""

    template = (
        "CASE WHEN octet_length(%(expressions)s) = length(%(expressions)s)"
        " THEN %(expressions)s ELSE normalize(%(expressions)s, NFKC) END"
    )
    output_field = TextField()


def filter_by_words(rows: Rows, text: str, *fields: str) -> Rows:
    """Return rows where each of the first MOST_WORDS words starts a word in one of the fields.

    Ignores order and case.
    """
    if "\0" in text:
        # PostgreSQL rejects null characters in parameters.
        return rows.none()
    for word in unicodedata.normalize("NFKC", text).split()[:MOST_WORDS]:
        pattern = build_word_pattern(word[:LONGEST_WORD])
        rows = rows.filter(reduce(or_, (Q(IRegex(NormalizedText(F(f)), pattern)) for f in fields)))
    return rows


def build_word_pattern(word: str) -> str:
    """Return a PostgreSQL regular expression for words that start with `word`."""
    literal = re.sub(r"[^\w\s]", r"\\\g<0>", word)
    if not word[0].isalnum() or UNDIVIDED.match(word):
        return literal
    return rf"(^|[^[:alnum:]]){literal}"
