"""Template tags for the offer of a tour and its guide."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import Context

from tours.models import Tour
from tours.steps import NUMBERS, STEPS

register = template.Library()


@register.inclusion_tag("tours/offer.html", takes_context=True)
def tour_offer(context: Context) -> dict[str, Any]:
    request = context["request"]
    return {"offered": not (Tour.for_user(request.user).answered or get_step_number(request))}


@register.inclusion_tag("tours/guide.html", takes_context=True)
def tour_guide(context: Context) -> dict[str, Any]:
    number = get_step_number(context.get("request"))
    if not number:
        return {}
    return {"guide": {"number": number, "steps": [step.serialize() for step in STEPS]}}


def get_step_number(request: HttpRequest | None) -> int:
    """Return the number in `?tour=` if that step is on this page and the user signed in, else 0."""
    number = NUMBERS.get(request.GET.get("tour", ""), 0) if request else 0
    if not (request and number and STEPS[number - 1].path == request.path):
        return 0
    return number if request.user.is_authenticated else 0
