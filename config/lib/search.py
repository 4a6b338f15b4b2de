"""Word search in text columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import reduce
from itertools import groupby
from operator import itemgetter, or_
from typing import Any, Final, TypeVar

from django.db.models import F, Func, Model, Q, QuerySet, TextField
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

    Ignores order and case. A field may belong to a related row, as in `user__email`.
    """
    return rows.filter(build_word_filter(rows.model, text, *fields))


def build_word_filter(model: type[Model], text: str, *fields: str) -> Q:
    """Return the condition of `filter_by_words`."""
    if "\0" in text:
        # PostgreSQL rejects null characters in parameters.
        return Q(pk__in=())
    words = unicodedata.normalize("NFKC", text).split()[:MOST_WORDS]
    patterns = [build_word_pattern(word[:LONGEST_WORD]) for word in words]
    return Q(*(_match_any(model, pattern, fields) for pattern in patterns))


def _match_any(model: type[Model], pattern: str, fields: Iterable[str]) -> Q:
    parts = sorted(field.rpartition("__")[::2] for field in fields)
    groups = groupby(parts, key=itemgetter(0))
    return reduce(
        or_,
        (
            _match_related(model, pattern, relation, [column for _, column in group])
            for relation, group in groups
        ),
    )


def _match_related(model: type[Model], pattern: str, relation: str, columns: list[str]) -> Q:
    if not relation:
        return reduce(or_, (Q(IRegex(NormalizedText(F(name)), pattern)) for name in columns))
    # A subquery finds few related rows by their index, before any of these rows are read.
    related: Any = model._meta.get_field(relation).related_model
    rows = related._base_manager.filter(_match_any(related, pattern, columns))
    return Q(**{f"{relation}__in": rows.values("pk")})


def build_word_pattern(word: str) -> str:
    """Return a PostgreSQL regular expression for words that start with `word`."""
    literal = re.sub(r"[^\w\s]", r"\\\g<0>", word)
    if not word[0].isalnum() or UNDIVIDED.match(word):
        return literal
    return rf"(^|[^[:alnum:]]){literal}"
