"""The traits and their validation."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.tests.people import make_user
from onboarding import traits
from onboarding.models import Preferences
from onboarding.traits import Trait


def test_there_are_six_described_traits():
    assert Trait.values == [
        "friendly",
        "concise",
        "curious",
        "empathetic",
        "direct",
        "supportive",
    ]
    assert len({trait.description for trait in Trait}) == 6


def test_keeps_order_and_drops_duplicates():
    assert traits.validate(["direct", "curious", "direct"]) == ["direct", "curious"]


@pytest.mark.parametrize(
    ("chosen", "code"),
    [([], "required"), (["rude"], "unknown"), (["direct", ""], "unknown"), (["\0"], "unknown")],
)
def test_rejects_empty_and_unknown(chosen, code):
    with pytest.raises(ValidationError) as caught:
        traits.validate(chosen)
    assert caught.value.code == code


@pytest.mark.django_db
def test_database_rejects_unknown_traits():
    user = make_user()
    with pytest.raises(IntegrityError):
        Preferences.for_user(user).store(traits=["rude"])
