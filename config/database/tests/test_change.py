import contextlib

import pytest
from django.db import DataError, transaction
from django.utils import timezone

from accounts.tests.people import make_user
from config.database.change import change
from onboarding.models import Expert, Preferences, Step
from onboarding.tests.experts import make_expert

pytestmark = pytest.mark.django_db


def test_the_values_of_one_row_are_changed_and_nothing_else():
    law, tax = make_expert(slug="law"), make_expert(slug="tax")
    assert change(Expert, law.pk, {"name": "The law", "is_active": False}) is True
    changed = Expert.objects.get(pk=law.pk)
    assert (changed.name, changed.is_active, changed.prompt) == ("The law", False, law.prompt)
    assert Expert.objects.get(pk=tax.pk).name == tax.name


def test_it_costs_one_statement(django_assert_num_queries):
    expert = make_expert()
    with django_assert_num_queries(1):
        change(Expert, expert.pk, {"name": "Another"})


def test_where_there_is_no_row_it_says_so():
    assert change(Expert, 0, {"name": "Nobody"}) is False


@pytest.mark.parametrize(
    "values",
    [
        {"traits": ["curious", "direct"], "step": Step.TRAITS},
        {"traits": [], "experts": [1, 2]},
        {"experts": []},
        {"finished_at": timezone.now()},
        {"finished_at": None},
        {"step": Step.EXPERTS},
    ],
)
def test_a_value_arrives_as_a_queryset_writes_it(values):
    one, other = make_user(), make_user(email="bob@example.org")
    change(Preferences, one.pk, values)
    Preferences.objects.filter(pk=other.pk).update(**values)
    rows = Preferences.objects.values(*values)
    assert rows.get(pk=one.pk) == rows.get(pk=other.pk)


def test_what_does_not_fit_is_refused_by_the_database():
    expert = make_expert()
    with pytest.raises(DataError), transaction.atomic():
        change(Expert, expert.pk, {"name": "x" * 101})


def test_a_transaction_in_which_it_failed_can_only_be_rolled_back():
    expert = make_expert()
    with transaction.atomic():
        with contextlib.suppress(DataError):
            change(Expert, expert.pk, {"name": "x" * 101})
        assert transaction.get_connection().needs_rollback
