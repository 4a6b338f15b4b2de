"""Write rows by their keys; the SQL of each set of fields is compiled only once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, Model
from django.db.transaction import mark_for_rollback_on_error


@dataclass(frozen=True)
class Change:
    """A statement that `write` runs."""

    sql: str
    parameters: Sequence[Any]


def update(model: type[Model], key: Any, values: Mapping[str, Any]) -> Change:
    """Return the change that `model.objects.filter(pk=key).update(**values)` makes.

    The values must not be expressions. For one value this takes 0.1 instead of 0.4 ms of CPU
    time, besides the statement.
    """
    sql, fields = _update(model, tuple(values))
    return Change(sql, _prepare(fields, [*values.values(), key]))


def upsert(model: type[Model], key: Any, values: Mapping[str, Any]) -> Change:
    """Return the same change, or an insert with the model's defaults if there is no such row."""
    sql, fields = _upsert(model, tuple(values))
    row = model(pk=key, **values)
    return Change(sql, _prepare(fields, [getattr(row, field.attname) for field in fields]))


def write(*changes: Change) -> bool:
    """Make all of the changes or none in one statement; return whether a single one met its row."""
    sql, *others = (change.sql for change in changes)
    if others:
        parts = (f"change_{number} AS ({part})" for number, part in enumerate([sql, *others]))
        sql = f"WITH {', '.join(parts)} SELECT"
    parameters = [value for change in changes for value in change.parameters]
    with mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return bool(cursor.rowcount)


def _prepare(fields: Sequence[Field[Any, Any]], values: Sequence[Any]) -> list[Any]:
    pairs = zip(fields, values, strict=True)
    return [field.get_db_prep_save(value, connection) for field, value in pairs]


@cache
def _update(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Field[Any, Any]]]:
    """Return the SQL and the field of each of its parameters, the key last."""
    quote = connection.ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    changes = ", ".join(f"{quote(field.column)} = {_placeholder(field)}" for field in fields)
    table, key = quote(model._meta.db_table), model._meta.pk
    return f"UPDATE {table} SET {changes} WHERE {quote(str(key.column))} = %s", [*fields, key]  # noqa: S608  names of a model


@cache
def _upsert(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Field[Any, Any]]]:
    quote = connection.ops.quote_name
    fields: list[Any] = list(model._meta.concrete_fields)
    columns = ", ".join(quote(field.column) for field in fields)
    values = ", ".join(map(_placeholder, fields))
    written: list[Any] = [model._meta.get_field(name) for name in names]
    changes = ", ".join(f"{quote(f.column)} = EXCLUDED.{quote(f.column)}" for f in written)
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    insert = f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608  names of a model
    return f"{insert} ON CONFLICT ({key}) DO UPDATE SET {changes}", fields


def _placeholder(field: Any) -> str:
    # Some fields, such as arrays, need a cast.
    if hasattr(field, "get_placeholder"):
        return str(field.get_placeholder(None, None, connection))
    return "%s"
