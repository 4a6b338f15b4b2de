"""From the catalogue's file, and from nothing at all, to rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from django.db import connection, reset_queries, transaction

from onboarding.catalogue import FIELDS, Values
from onboarding.models import Expert

DEFAULTS: Final = Path(__file__).with_name("experts.json")
BATCH: Final = 500
# Any number that nothing else in this database locks.
LOCK: Final = 7_203_451


@dataclass
class Tally:
    """What a seed did, or would do, to how many experts."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged"


def take_turns() -> None:
    """Wait until no other seed is at work; the turn ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def load(catalogue: Iterable[Values], *, dry_run: bool = False) -> Tally:
    """Create the experts that are new by slug and update those that differ, all or none.

    What a record leaves out keeps its value. With `dry_run` it only counts.
    """
    take_turns()
    tally = Tally()
    for batch in _batches(catalogue):
        changed = _changed(batch, tally)
        if changed and not dry_run:
            Expert.objects.bulk_create(
                changed,
                update_conflicts=True,
                unique_fields=["slug"],
                update_fields=[*(FIELDS.keys() - {"slug"}), "updated_at"],
            )
        reset_queries()  # With DEBUG Django keeps the last 9000 statements, a megabyte each.
    return tally


def _batches(catalogue: Iterable[Values]) -> Iterator[list[Values]]:
    records = iter(catalogue)
    while batch := list(islice(records, BATCH)):
        yield batch


def _changed(batch: list[Values], tally: Tally) -> list[Expert]:
    """The experts of `batch` that have to be written; counts all of them."""
    slugs = [values["slug"] for values in batch]
    known = {expert.slug: expert for expert in Expert.objects.filter(slug__in=slugs)}
    changed = []
    for values in batch:
        expert = known.get(str(values["slug"]))
        if expert is None:
            tally.created += 1
            changed.append(Expert(**values))
        elif any(getattr(expert, name) != value for name, value in values.items()):
            tally.updated += 1
            for name, value in values.items():
                setattr(expert, name, value)
            changed.append(expert)
        else:
            tally.unchanged += 1
    return changed
