"""Load the experts' catalogue into the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from onboarding.catalogue import FIELDS, REQUIRED, Values
from onboarding.models import Expert

DEFAULT_FILE: Final = Path(__file__).with_name("experts.json")
# About 30 ms of PostgreSQL's CPU time per batch, so that requests are not delayed.
BATCH_SIZE: Final = 1000
# The key of the advisory lock; no other lock in this database has it.
LOCK: Final = 7_203_451

# Emptying a table that this transaction created costs no new file.
STAGE: Final = """\
CREATE TEMPORARY TABLE staged_expert ON COMMIT DROP AS SELECT {names} FROM {table} LIMIT 0
"""
COPY: Final = "COPY staged_expert ({names}) FROM STDIN"
EMPTY: Final = "TRUNCATE staged_expert"

# Count the records that are new or differ, and write them if `write` is true. COPY and SQL take a
# third of the CPU time of records passed as JSON, which matters for 100,000 of them.
UPSERT: Final = """\
WITH differing AS (
    SELECT {merged}, expert.id IS NULL AS is_new
    FROM staged_expert AS record
    CROSS JOIN json_to_record(%(defaults)s) AS missing ({types})
    LEFT JOIN {table} AS expert ON expert.slug = record.slug
    WHERE expert.id IS NULL OR {differs}
), stored AS (
    INSERT INTO {table} ({names}, created_at, updated_at)
    SELECT {names}, clock_timestamp(), clock_timestamp() FROM differing WHERE %(write)s
    ON CONFLICT (slug) DO UPDATE SET {changes}, updated_at = excluded.updated_at
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM differing
"""


@dataclass
class Tally:
    """How many experts were created, updated and left unchanged, or would be."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged"

    def count(self, records: int, *, created: int, updated: int) -> None:
        self.created += created
        self.updated += updated
        self.unchanged += records - created - updated


def acquire_lock() -> None:
    """Wait until no other seed is running. The lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def load(catalogue: Iterable[Values], *, dry_run: bool = False) -> Tally:
    """Create new experts and update changed ones, all or none.

    Fields that a record leaves out keep their value. With `dry_run` nothing is written.
    """
    acquire_lock()
    tally, fields = Tally(), [field for field in Expert._meta.fields if field.name in FIELDS]
    stage, copy, store = (_render(sql, fields) for sql in (STAGE, COPY, UPSERT))
    defaults = json.dumps({field.name: field.get_default() for field in fields})
    with connection.cursor() as cursor:
        cursor.execute(stage)
        for batch in _split_into_batches(catalogue):
            _copy(cursor, copy, ([values.get(field.name) for field in fields] for values in batch))
            cursor.execute(store, {"defaults": defaults, "write": not dry_run})
            created, updated = cursor.fetchone()
            tally.count(len(batch), created=created, updated=updated)
            cursor.execute(EMPTY)
    return tally


def _copy(cursor: CursorWrapper, statement: str, rows: Iterable[list[Any]]) -> None:
    # Django wraps the errors of copy() itself only, not those of its context.
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _split_into_batches(catalogue: Iterable[Values]) -> Iterator[list[Values]]:
    records = iter(catalogue)
    while batch := list(islice(records, BATCH_SIZE)):
        yield batch


def _render(sql: str, fields: list[models.Field[Any, Any]]) -> str:
    names = [field.name for field in fields]
    return sql.format(
        table=Expert._meta.db_table,
        names=", ".join(names),
        types=", ".join(f"{field.name} {field.db_type(connection)}" for field in fields),
        merged=", ".join(map(_merge_column, names)),
        differs=" OR ".join(f"record.{name} <> expert.{name}" for name in names),
        changes=", ".join(f"{name} = excluded.{name}" for name in names),
    )


def _merge_column(name: str) -> str:
    if name in REQUIRED:
        return f"record.{name}"
    return f"coalesce(record.{name}, expert.{name}, missing.{name}) AS {name}"
