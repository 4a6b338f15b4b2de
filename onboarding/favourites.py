"""The experts that a person wants first: one rule for the page, the API and the profile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BigIntegerField, F, Func, Value

from accounts.models import User
from onboarding.models import MAX_FAVOURITES, Expert, Preferences

MAX_ID: Final = BigIntegerField.MAX_BIGINT


def validate(ids: Iterable[int], *, kept: Iterable[int]) -> list[int]:
    """`ids` in their order, each once; one statement, or none where all are in `kept`.

    Raises ValidationError where they are too many, or where one belongs neither to an active
    expert nor to `kept`, which are the favourites so far: theirs may be inactive for a while.
    """
    chosen = list(dict.fromkeys(ids))
    if len(chosen) > MAX_FAVOURITES:
        raise ValidationError(f"Choose at most {MAX_FAVOURITES} experts.", "too_many")
    new = set(chosen).difference(kept)
    if not all(map(is_valid_id, new)):
        raise unknown_expert_error()
    if new and Expert.objects.active().filter(pk__in=new).count() < len(new):
        raise unknown_expert_error()
    return chosen


def is_valid_id(number: int) -> bool:
    """Whether the database could have an expert of this key; it refuses to be asked for others."""
    return 0 < number <= MAX_ID


def unknown_expert_error() -> ValidationError:
    return ValidationError("Choose experts from the list.", "unknown")


def list_inactive(kept: Iterable[int]) -> list[int]:
    """Those of `kept` whose expert nobody sees at present; one statement, or none."""
    keys = list(kept)
    if not keys:
        return []
    awake = set(Expert.objects.active().filter(pk__in=keys).values_list("pk", flat=True))
    return [key for key in keys if key not in awake]


@transaction.atomic
def add(user: User, key: int) -> None:
    """Make this expert a favourite, whatever another window does to the list meanwhile.

    Raises ValidationError as `checked` does.
    """
    row, _ = Preferences.objects.select_for_update().get_or_create(pk=user.pk)
    row.store(experts=validate([*row.experts, key], kept=row.experts))


def remove(user: User, key: int) -> None:
    """Make this expert no favourite; nothing happens to one that is none."""
    if not is_valid_id(key):
        return
    others = Func(F("experts"), Value(key), function="array_remove")
    Preferences.objects.filter(pk=user.pk, experts__contains=[key]).update(experts=others)
