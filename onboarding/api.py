"""The catalogue and the onboarding for programs."""

from __future__ import annotations

from typing import Annotated

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router

from accounts.http import SignedInRequest
from config.schema import Body, Schema
from onboarding.forms import answered
from onboarding.models import Expert, ExpertQuerySet, Preferences

router = Router(tags=["onboarding"], by_alias=True)
experts = Router(tags=["experts"], by_alias=True)


class ExpertOut(Schema):
    id: int
    slug: str
    name: str
    description: str
    icon: str


class Answers(Body):
    """What is left out stays as it is; traits and experts are stored in the order given."""

    name: str = ""
    traits: list[str] = []
    experts: list[int] = []


class Onboarded(Schema):
    ok: bool = True


@router.post("", response=Onboarded, summary="Answer the wizard's questions, all or none")
def onboard(request: SignedInRequest, answers: Answers) -> Onboarded:
    """Marks the person as onboarded; may be repeated, which changes what it names."""
    forms = answered(request.user, answers.model_dump(exclude_unset=True))
    with transaction.atomic():
        for form in forms:
            form.save()
        Preferences.of(request.user).finish()
    return Onboarded()


@experts.get("", response=list[ExpertOut], summary="The active experts, by name")
def catalogue(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> ExpertQuerySet:
    return Expert.objects.for_catalogue()[offset : offset + limit]
