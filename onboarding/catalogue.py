"""The catalogue's file: a JSON array of experts, read record by record. No database.

A record is an object with the fields of Expert. What the model has a default for may be left
out. The model's own validators judge the values; here is only what JSON adds to that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import ijson
from django.core.exceptions import ValidationError
from django.db import models

from onboarding.models import Expert
from onboarding.surrogates import LONE_SURROGATE, SupportsRead, SurrogateReplacer

Values = dict[str, str | bool]

_FIELDS: Final = {
    field.name: field for field in Expert._meta.fields if field.editable and not field.primary_key
}
FIELDS: Final = {
    name: bool if isinstance(field, models.BooleanField) else str for name, field in _FIELDS.items()
}
REQUIRED: Final = frozenset(
    name for name, field in _FIELDS.items() if not (field.blank or field.has_default())
)
# Bytes of one record, escapes included: the time to parse a text grows with its square.
MAX_RECORD_BYTES: Final = 500_000
TYPE_NAMES: Final = {str: "text", bool: "true or false"}


class CatalogueError(Exception):
    """A file that cannot be used: one line that names the record and its fault."""


class RecordLimit:
    """A file that is refused where a record of it is longer than LONGEST."""

    def __init__(self, file: SupportsRead) -> None:
        self._file, self._number, self._length = file, 1, 0

    def begin(self, number: int) -> None:
        self._number, self._length = number, 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._length += len(data)
        if self._length - len(data) > MAX_RECORD_BYTES:
            raise CatalogueError(
                f"record {self._number}: it is longer than {MAX_RECORD_BYTES:,} bytes"
            )
        return data


def read_records(file: SupportsRead) -> Iterator[Values]:
    """The values of each record, valid and with a slug of its own.

    Raises CatalogueError at the first record at fault. In memory are one record and the slugs.
    """
    slugs: set[str] = set()
    for number, record in _parse_records(file):
        values = _validate_record(record, number)
        slug = str(values["slug"])
        if slug in slugs:
            raise _make_error(number, record, "slug: an earlier record has the same")
        slugs.add(slug)
        yield values


def _parse_records(file: SupportsRead) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each record with its number, from 1."""
    number, source = 1, RecordLimit(file)
    try:
        # Numbers are refused later; as floats, one of too many digits is an error right here.
        events = ijson.basic_parse(SurrogateReplacer(source), use_float=True)
        if next(events)[0] != "start_array":
            raise CatalogueError("the file is no JSON array of experts")
        for event, _ in events:
            if event == "end_array":
                continue
            if event != "start_map":
                raise _make_error(number, {}, "not an object")
            yield number, _parse_record(events, number)
            number += 1
            source.begin(number)
    except (ijson.JSONError, ValueError) as error:
        reason = str(error).removeprefix("b'").replace("\\n", "\n").strip().partition("\n")[0]
        raise CatalogueError(f"record {number}: not JSON in UTF-8 ({reason})") from None


def _parse_record(events: Iterator[tuple[str, Any]], number: int) -> dict[str, Any]:
    """The object that has just begun. Lists and objects in it are refused before they are built."""
    record: dict[str, Any] = {}
    name = ""
    for event, value in events:
        if event == "end_map":
            break
        if event in ("start_map", "start_array"):
            raise _make_error(number, record, f"{name!r:.80}: a list or an object is no value here")
        if event != "map_key":
            record[name] = value
        elif value in record:
            raise _make_error(number, record, f"{value!r:.80} is given twice")
        else:
            name = value
    return record


def _validate_record(record: dict[str, Any], number: int) -> Values:
    for reason in _find_errors(record):
        raise _make_error(number, record, reason)
    for name, value in record.items():
        try:
            _validate_field(_FIELDS[name], value)
        except ValidationError as error:
            raise _make_error(number, record, f"{name}: {error.messages[0]}") from None
    return record


def _validate_field(field: models.Field[Any, Any], value: str | bool) -> None:
    """What the model's `clean_fields` does, without the model, which takes as long again."""
    if value or not field.blank:
        field.clean(value, None)


def _find_errors(record: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the fields as such, before anybody looks at their values."""
    for name in sorted(record.keys() - FIELDS.keys()):
        yield f"unknown field {name!r:.80}"
    for name in sorted(REQUIRED - record.keys()):
        yield f"{name} is missing"
    for name, value in record.items():
        if type(value) is not FIELDS[name]:
            yield f"{name}: give {TYPE_NAMES[FIELDS[name]]}, not {value!r:.60}"
        elif isinstance(value, str) and LONE_SURROGATE in value:
            yield f"{name}: half of a surrogate pair, or U+FFFF, is no character"


def _make_error(number: int, record: dict[str, Any], reason: str) -> CatalogueError:
    named = f" ({record['slug']!r:.80})" if "slug" in record else ""
    return CatalogueError(f"record {number}{named}: {reason}")
