"""API of the tour."""

from __future__ import annotations

from typing import Any

from ninja import Router

from accounts.requests import SignedInRequest
from config.lib.schemas import Body, Schema
from tours.models import Tour
from tours.steps import STEPS

router = Router(tags=["tour"], by_alias=True)


class Answer(Body):
    """`tour` is true once the user has accepted or declined the offer."""

    tour: bool


class StepOut(Schema):
    """`element` is the `data-tour` attribute of the element on the page with the path `page`."""

    title: str
    text: str
    element: str
    page: str


class TourOut(Schema):
    """`tour` is false while the tour is offered."""

    tour: bool
    steps: list[StepOut]


@router.get("", response=TourOut, summary="Get the answer to the offer, and the steps")
def tour(request: SignedInRequest) -> dict[str, Any]:
    answered = Tour.for_user(request.user).answered
    return {"tour": answered, "steps": [step.serialize() for step in STEPS]}


@router.patch("", response=Answer, summary="Answer the offer (true) or restore it (false)")
def answer(request: SignedInRequest, body: Answer) -> Answer:
    Tour.for_user(request.user).store(answered=body.tour)
    return body
