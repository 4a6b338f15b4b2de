from __future__ import annotations

from collections.abc import Collection
from typing import Final, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import (
    MaxLengthValidator,
    ProhibitNullCharactersValidator,
    RegexValidator,
)
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.per_user import PerUser
from config.lib.search import filter_by_words
from onboarding.traits import Trait

SLUG: Final = r"^[a-z0-9]+(-[a-z0-9]+)*\Z"
NOT_BLANK: Final = r"\S"
MAX_FAVOURITES: Final = 50

validate_slug = RegexValidator(SLUG, "Use lower-case letters, numbers and single hyphens.")
validate_not_blank = RegexValidator(NOT_BLANK, "This field cannot be blank.")
prohibit_null = ProhibitNullCharactersValidator()


class ExpertQuerySet(models.QuerySet["Expert"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def set_active(self, *, is_active: bool) -> int:
        """Activate or deactivate the experts; return how many changed."""
        others = self.exclude(is_active=is_active)
        return others.update(is_active=is_active, updated_at=timezone.now())

    def search(self, text: str) -> Self:
        return filter_by_words(self, text, "name", "description")

    def for_catalogue(self, favourites: Collection[int] = ()) -> Self:
        """Return the active experts by name, with the annotation `is_favourite`.

        Loads only the fields that the catalogue shows.
        """
        mark = models.Q(pk__in=favourites) if favourites else models.Value(False)
        experts = self.only("slug", "name", "description", "icon").active()
        return experts.annotate(is_favourite=mark, position=Lower("name")).order_by(
            Lower("name"), "pk"
        )

    def favourites_first(self, favourites: Collection[int], start: int, stop: int) -> Self:
        """Return a part of the catalogue in which the favourites come before the others.

        Both are selected by themselves: to sort all experts, all would have to be read.
        """
        others = self.for_catalogue()
        if not favourites:
            return others[start:stop]
        first = self.for_catalogue(favourites).filter(pk__in=favourites)
        both = first.union(others.exclude(pk__in=favourites)[:stop], all=True)
        return both.order_by("-is_favourite", "position", "pk")[start:stop]

    def after(self, pk: int) -> Self:
        """Return the experts that follow this one by name; none if it does not exist."""
        name = Expert.objects.filter(pk=pk).values(position=Lower("name"))
        following = self.annotate(position=Lower("name")).filter(
            position__gte=models.Subquery(name)
        )
        return following.exclude(position=models.Subquery(name), pk__lte=pk)


class Expert(models.Model):
    """An assistant that users can choose."""

    slug = models.SlugField(max_length=64, unique=True, validators=[validate_slug])
    name = models.CharField(max_length=100, validators=[prohibit_null, validate_not_blank])
    description = models.CharField(max_length=500, validators=[prohibit_null, validate_not_blank])
    icon = models.CharField(
        max_length=16,
        blank=True,
        validators=[prohibit_null],
        help_text="An emoji or a few letters.",
    )
    prompt = models.TextField(
        validators=[prohibit_null, validate_not_blank, MaxLengthValidator(20_000)],
        help_text="Instructions for the expert.",
    )
    personality = models.TextField(
        blank=True,
        validators=[prohibit_null, MaxLengthValidator(5_000)],
        help_text="How the expert answers.",
    )
    is_active = models.BooleanField("active", default=True)
    uses_retrieval = models.BooleanField("retrieval on", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ExpertQuerySet.as_manager()

    class Meta:
        # A migration creates one more index, for `search`.
        indexes = [
            models.Index(
                Lower("name"),
                "id",
                name="onboarding_expert_in_order",
                include=["name"],  # to count and skip without reading the rows
                condition=models.Q(is_active=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name=f"onboarding_expert_{field}", condition=models.Q(**{f"{field}__regex": form})
            )
            for field, form in {
                "slug": SLUG,
                "name": NOT_BLANK,
                "description": NOT_BLANK,
                "prompt": NOT_BLANK,
            }.items()
        ]

    def __str__(self) -> str:
        return self.name


class Step(models.TextChoices):
    """The steps of the wizard in order."""

    NAME = "name", "Your name"
    TRAITS = "traits", "Your assistant"
    EXPERTS = "experts", "Your experts"

    @property
    def number(self) -> int:
        return Step.values.index(self.value) + 1

    @property
    def before(self) -> Step | None:
        return list(Step)[self.number - 2] if self.number > 1 else None

    @property
    def after(self) -> Step | None:
        return list(Step)[self.number] if self.number < len(Step) else None


class Preferences(PerUser):
    """How the assistant should be, and the progress in the wizard.

    `experts` holds the ids of the favourites. It is an array, so that it comes with the session;
    ids of deleted or inactive experts are skipped wherever favourites are shown.
    """

    traits = ArrayField(models.CharField(max_length=16, choices=Trait), default=list, blank=True)
    experts = ArrayField(models.BigIntegerField(), default=list, blank=True, size=MAX_FAVOURITES)
    step = models.CharField(max_length=16, choices=Step, default=Step.NAME)
    finished_at = models.DateTimeField("onboarded", null=True, blank=True)

    class Meta:
        verbose_name_plural = "preferences"
        constraints = [
            models.CheckConstraint(
                name="onboarding_preferences_traits",
                condition=models.Q(traits__contained_by=Trait.values),
            ),
            # PostgreSQL ignores the declared size of an array.
            models.CheckConstraint(
                name="onboarding_preferences_experts",
                condition=models.Q(experts__len__lte=MAX_FAVOURITES),
            ),
            models.CheckConstraint(
                name="onboarding_preferences_step", condition=models.Q(step__in=Step.values)
            ),
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user}"

    @property
    def is_onboarded(self) -> bool:
        return self.finished_at is not None

    @property
    def reached(self) -> Step:
        return Step(self.step)

    def has_reached(self, step: Step) -> bool:
        return step.number <= self.reached.number

    def complete_step(self, step: Step) -> None:
        if step.after is None:
            self.finish()
        elif not self.has_reached(step.after):
            self.store(step=step.after)

    def finish(self) -> None:
        if not self.is_onboarded:
            self.store(finished_at=timezone.now())
