"""The traits that users can choose for their assistant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.core.exceptions import ValidationError
from django.db import models


class Trait(models.TextChoices):
    FRIENDLY = "friendly", "Friendly"
    CONCISE = "concise", "Concise"
    CURIOUS = "curious", "Curious"
    EMPATHETIC = "empathetic", "Empathetic"
    DIRECT = "direct", "Direct"
    SUPPORTIVE = "supportive", "Supportive"

    @property
    def description(self) -> str:
        return DESCRIPTIONS[self]


DESCRIPTIONS: Final = {
    Trait.FRIENDLY: "Warm, relaxed and easy to talk to.",
    Trait.CONCISE: "Short answers, straight to the point.",
    Trait.CURIOUS: "Asks questions before giving advice.",
    Trait.EMPATHETIC: "Considers the people affected by a decision.",
    Trait.DIRECT: "Tells you plainly what it thinks.",
    Trait.SUPPORTIVE: "Encourages you and helps you follow through.",
}


def validate(traits: Iterable[str]) -> list[str]:
    """Return the traits in order, without duplicates.

    Raises ValidationError if there are none, or if one is unknown.
    """
    chosen = list(dict.fromkeys(traits))
    if not chosen:
        raise ValidationError("Choose at least one trait.", "required")
    if not set(chosen) <= set(Trait.values):
        raise ValidationError(f"Choose from {', '.join(Trait.values)}.", "unknown")
    return chosen
