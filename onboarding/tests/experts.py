"""Experts for the tests of all apps."""

from onboarding.models import Expert


def make_expert(**overrides):
    fields = {
        "slug": "navigator",
        "name": "Navigator",
        "description": "Knows the way.",
        "icon": "N",
        "prompt": "Say where to go.",
    }
    return Expert.objects.create(**fields | overrides)


def make_experts(count):
    """Create active experts, `expert-001` first."""
    for number in range(1, count + 1):
        make_expert(slug=f"expert-{number:03}", name=f"Expert {number:03}")
