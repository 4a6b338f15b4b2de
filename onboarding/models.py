from __future__ import annotations

from typing import Final, Self

from django.core.validators import (
    MaxLengthValidator,
    ProhibitNullCharactersValidator,
    RegexValidator,
)
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

SLUG: Final = r"^[a-z0-9]+(-[a-z0-9]+)*\Z"
SAYS_SOMETHING: Final = r"\S"

slug_form = RegexValidator(SLUG, "Use small letters, digits and single hyphens between them.")
says_something = RegexValidator(SAYS_SOMETHING, "This says nothing.")
no_null = ProhibitNullCharactersValidator()


class ExpertQuerySet(models.QuerySet["Expert"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def set_active(self, *, is_active: bool) -> int:
        """Activate or deactivate; how many were not so already."""
        others = self.exclude(is_active=is_active)
        return others.update(is_active=is_active, updated_at=timezone.now())

    def search(self, text: str) -> Self:
        """Those with every word of `text` (the first eight) in their name or description."""
        if "\0" in text:
            # No text in PostgreSQL contains it, and it refuses to be asked.
            return self.none()
        found = self
        for word in text.split()[:8]:
            found = found.filter(
                models.Q(name__icontains=word) | models.Q(description__icontains=word)
            )
        return found

    def for_catalogue(self) -> Self:
        """The active ones by name, with what the catalogue shows and not their prompts."""
        shown = self.only("slug", "name", "description", "icon")
        return shown.active().order_by(Lower("name"), "pk")


class Expert(models.Model):
    """An assistant that people can choose, with the instructions that make it one."""

    slug = models.SlugField(max_length=64, unique=True, validators=[slug_form])
    name = models.CharField(max_length=100, validators=[no_null, says_something])
    description = models.CharField(max_length=500, validators=[no_null, says_something])
    icon = models.CharField(
        max_length=16, blank=True, validators=[no_null], help_text="An emoji or a few letters."
    )
    prompt = models.TextField(
        validators=[no_null, says_something, MaxLengthValidator(20_000)],
        help_text="What the expert is told before every conversation.",
    )
    personality = models.TextField(
        blank=True,
        validators=[no_null, MaxLengthValidator(5_000)],
        help_text="The manner in which it answers.",
    )
    is_active = models.BooleanField("active", default=True)
    uses_retrieval = models.BooleanField("retrieval on", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ExpertQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                Lower("name"),
                "id",
                name="onboarding_expert_catalogue",
                condition=models.Q(is_active=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name=f"onboarding_expert_{field}", condition=models.Q(**{f"{field}__regex": form})
            )
            for field, form in {
                "slug": SLUG,
                "name": SAYS_SOMETHING,
                "description": SAYS_SOMETHING,
                "prompt": SAYS_SOMETHING,
            }.items()
        ]

    def __str__(self) -> str:
        return self.name
