"""The catalogue and the onboarding for programs."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from config.schema import Schema
from onboarding.models import Expert, ExpertQuerySet

router = Router(tags=["onboarding"], by_alias=True)
experts = Router(tags=["experts"], by_alias=True)


class ExpertOut(Schema):
    id: int
    slug: str
    name: str
    description: str
    icon: str


@experts.get("", response=list[ExpertOut], summary="The active experts, by name")
def catalogue(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> ExpertQuerySet:
    return Expert.objects.for_catalogue()[offset : offset + limit]
