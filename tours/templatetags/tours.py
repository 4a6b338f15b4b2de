"""The offer of a tour, and the guide that leads through it."""

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
    """The banner for who has not answered it yet, and is not being led at the moment."""
    request = context["request"]
    return {"offered": not (Tour.of(request.user).answered or asked_for(request))}


@register.inclusion_tag("tours/guide.html", takes_context=True)
def tour_guide(context: Context) -> dict[str, Any]:
    """The guide, on the page of the step that the address asks for; nothing anywhere else."""
    number = asked_for(context.get("request"))
    if not number:
        return {}
    return {"guide": {"number": number, "steps": [step.shown() for step in STEPS]}}


def asked_for(request: HttpRequest | None) -> int:
    """The number of the step that `?tour=` names, if it is this page's and somebody is there."""
    number = NUMBERS.get(request.GET.get("tour", ""), 0) if request else 0
    if not (request and number and STEPS[number - 1].path == request.path):
        return 0
    return number if request.user.is_authenticated else 0
