"""Which traits a person may wish for."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.tests.people import make_user
from onboarding import traits
from onboarding.models import Preferences
from onboarding.traits import Trait


def test_there_are_six_and_each_is_described():
    assert Trait.values == [
        "friendly",
        "concise",
        "curious",
        "empathetic",
        "direct",
        "supportive",
    ]
    assert len({trait.description for trait in Trait}) == 6


def test_keeps_the_order_and_each_once():
    assert traits.validate(["direct", "curious", "direct"]) == ["direct", "curious"]


@pytest.mark.parametrize(
    ("chosen", "code"),
    [([], "required"), (["rude"], "unknown"), (["direct", ""], "unknown"), (["\0"], "unknown")],
)
def test_refuses_none_and_any_other(chosen, code):
    with pytest.raises(ValidationError) as caught:
        traits.validate(chosen)
    assert caught.value.code == code


@pytest.mark.django_db
def test_the_database_takes_no_other():
    user = make_user()
    with pytest.raises(IntegrityError):
        Preferences.of(user).store(traits=["rude"])
