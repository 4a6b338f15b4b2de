"""The favourite experts: one rule for pages, API and profile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BigIntegerField, F, Func, Value

from accounts.models import User
from onboarding.models import MAX_FAVOURITES, Expert, Preferences

MAX_ID: Final = BigIntegerField.MAX_BIGINT


def validate(ids: Iterable[int], *, current: Iterable[int]) -> list[int]:
    """Return the ids in order, without duplicates; one statement, or none if all are in `current`.

    Raises ValidationError for too many ids, and for an id that belongs neither to an active expert
    nor to `current`, the favourites so far, whose experts may be inactive.
    """
    chosen = list(dict.fromkeys(ids))
    if len(chosen) > MAX_FAVOURITES:
        raise ValidationError(f"Choose at most {MAX_FAVOURITES} experts.", "too_many")
    new = set(chosen).difference(current)
    if not all(map(is_valid_id, new)):
        raise unknown_expert_error()
    if new and Expert.objects.active().filter(pk__in=new).count() < len(new):
        raise unknown_expert_error()
    return chosen


def is_valid_id(number: int) -> bool:
    """Check the range of the column: the database rejects queries for other numbers."""
    return 0 < number <= MAX_ID


def unknown_expert_error() -> ValidationError:
    return ValidationError("Choose experts from the list.", "unknown")


def list_inactive(current: Iterable[int]) -> list[int]:
    """Return those ids whose expert is inactive or deleted; one statement, or none."""
    ids = list(current)
    if not ids:
        return []
    active = set(Expert.objects.active().filter(pk__in=ids).values_list("pk", flat=True))
    return [pk for pk in ids if pk not in active]


@transaction.atomic
def add(user: User, pk: int) -> None:
    """Add the expert to the favourites; safe against concurrent changes.

    Raises ValidationError like `validate`.
    """
    row, _ = Preferences.objects.select_for_update().get_or_create(pk=user.pk)
    row.store(experts=validate([*row.experts, pk], current=row.experts))


def remove(user: User, pk: int) -> None:
    if not is_valid_id(pk):
        return
    others = Func(F("experts"), Value(pk), function="array_remove")
    Preferences.objects.filter(pk=user.pk, experts__contains=[pk]).update(experts=others)
