"""API endpoints for the experts and the onboarding."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from accounts.models import User
from accounts.requests import SignedInRequest
from config.lib.schemas import Body, Digits, Parameters, Schema
from onboarding.forms import validate_answers
from onboarding.models import Expert, ExpertQuerySet, Preferences
from onboarding.traits import Trait

router = Router(tags=["onboarding"], by_alias=True)
experts = Router(tags=["experts"], by_alias=True)


# Only for the OpenAPI document: models and forms validate the values.
NAME_SCHEMA = {"maxLength": User._meta.get_field("name").max_length}
UserName = Annotated[str, Field(json_schema_extra=NAME_SCHEMA)]
TraitValue = Annotated[str, Field(json_schema_extra={"enum": Trait.values})]
ExpertId = Annotated[int, Field(json_schema_extra={"minimum": 1})]


class ExpertOut(Schema):
    id: int
    slug: str
    name: str
    description: str
    icon: str


class Answers(Body):
    """Fields left out keep their values. Traits and experts are stored in the given order."""

    name: UserName = ""
    traits: Annotated[list[TraitValue], Field(json_schema_extra={"minItems": 1})] = []
    experts: list[ExpertId] = []


class CatalogueParameters(Parameters):
    limit: Annotated[int, Field(ge=1, le=500), Digits] = 500
    offset: Annotated[int, Field(ge=0, le=10_000_000), Digits] = 0
    after: Annotated[int, Field(ge=1), Digits] | None = None

    def select(self, experts: ExpertQuerySet) -> ExpertQuerySet:
        listed = experts.for_catalogue()
        if self.after is not None:
            return listed.after(self.after)[self.offset : self.offset + self.limit]
        if not self.offset:
            return listed[: self.limit]
        # The index alone finds the keys; the skipped rows are not read.
        keys = listed.values("pk")[self.offset : self.offset + self.limit]
        return listed.filter(pk__in=keys)


class Onboarded(Schema):
    ok: bool = True


def drop_unlisted_experts(form: Any, experts: Collection[int]) -> None:
    """Remove the favourites that the form kept because it does not list them."""
    if "experts" in form.cleaned_data:
        chosen = form.cleaned_data["experts"]
        form.cleaned_data["experts"] = [pk for pk in chosen if pk in experts]


@router.post("", response=Onboarded, summary="Answer the wizard's questions")
def onboard(request: SignedInRequest, answers: Answers) -> Onboarded:
    """Save all answers or none, and mark you as onboarded. Later calls change the given fields."""
    forms = validate_answers(request.user, answers.model_dump(exclude_unset=True))
    with transaction.atomic():
        for form in forms:
            drop_unlisted_experts(form, answers.experts)
            form.save()
        Preferences.for_user(request.user).finish()
    return Onboarded()


@experts.get("", response=list[ExpertOut], summary="List the active experts by name")
def catalogue(request: HttpRequest, page: Query[CatalogueParameters]) -> ExpertQuerySet:
    """`after` is the id of the last expert that you have: quicker than `offset` in a long list."""
    return page.select(Expert.objects.all())
