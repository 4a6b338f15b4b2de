"""The catalogue and the onboarding for programs."""

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


# These tell the document; what the values may be is for the models and the forms to say.
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
    """What is left out stays as it is; traits and experts are stored in the order given."""

    name: UserName = ""
    traits: Annotated[list[TraitValue], Field(json_schema_extra={"minItems": 1})] = []
    experts: list[ExpertId] = []


class CatalogueParameters(Parameters):
    limit: Annotated[int, Field(ge=1, le=500), Digits] = 500
    offset: Annotated[int, Field(ge=0, le=10_000_000), Digits] = 0


class Onboarded(Schema):
    ok: bool = True


def drop_unlisted_experts(form: Any, experts: Collection[int]) -> None:
    """Take back those favourites that the form keeps because its checkboxes do not show them."""
    if "experts" in form.cleaned_data:
        chosen = form.cleaned_data["experts"]
        form.cleaned_data["experts"] = [key for key in chosen if key in experts]


@router.post("", response=Onboarded, summary="Answer the wizard's questions, all or none")
def onboard(request: SignedInRequest, answers: Answers) -> Onboarded:
    """Marks the person as onboarded; may be repeated, which changes what it names."""
    forms = validate_answers(request.user, answers.model_dump(exclude_unset=True))
    with transaction.atomic():
        for form in forms:
            drop_unlisted_experts(form, answers.experts)
            form.save()
        Preferences.of(request.user).finish()
    return Onboarded()


@experts.get("", response=list[ExpertOut], summary="The active experts, by name")
def catalogue(request: HttpRequest, part: Query[CatalogueParameters]) -> ExpertQuerySet:
    return Expert.objects.for_catalogue()[part.offset : part.offset + part.limit]
