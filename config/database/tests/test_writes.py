import contextlib

import pytest
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.tests.people import make_user
from config.database.writes import update, upsert, write
from onboarding.models import Expert, Preferences, Step
from onboarding.tests.experts import make_expert
from tours.models import Tour

pytestmark = pytest.mark.django_db


def test_the_values_of_one_row_are_changed_and_nothing_else():
    law, tax = make_expert(slug="law"), make_expert(slug="tax")
    assert write(update(Expert, law.pk, {"name": "The law", "is_active": False})) is True
    changed = Expert.objects.get(pk=law.pk)
    assert (changed.name, changed.is_active, changed.prompt) == ("The law", False, law.prompt)
    assert Expert.objects.get(pk=tax.pk).name == tax.name


def test_it_costs_one_statement(django_assert_num_queries):
    expert = make_expert()
    with django_assert_num_queries(1):
        write(update(Expert, expert.pk, {"name": "Another"}))


def test_where_there_is_no_row_it_says_so():
    assert write(update(Expert, 0, {"name": "Nobody"})) is False


@pytest.mark.parametrize("how", [update, upsert])
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
def test_a_value_arrives_as_a_queryset_writes_it(how, values):
    one, other = make_user(), make_user(email="bob@example.org")
    write(how(Preferences, one.pk, values))
    Preferences.objects.filter(pk=other.pk).update(**values)
    rows = Preferences.objects.values(*values)
    assert rows.get(pk=one.pk) == rows.get(pk=other.pk)


def test_what_is_not_named_stays(django_assert_num_queries):
    user = make_user()
    Preferences.objects.update(traits=["direct"])
    with django_assert_num_queries(1):
        assert write(upsert(Preferences, user.pk, {"experts": [7]}))
    row = Preferences.objects.get()
    assert (row.traits, row.experts, row.is_onboarded) == (["direct"], [7], True)


def test_a_row_that_is_missing_is_made_with_the_defaults(django_assert_num_queries):
    user = make_user()
    Preferences.objects.all().delete()
    with django_assert_num_queries(1):
        assert write(upsert(Preferences, user.pk, {"experts": [7]}))
    row = Preferences.objects.get()
    assert (row.traits, row.experts, row.step, row.is_onboarded) == ([], [7], Step.NAME, False)


def test_several_are_written_by_one_statement(django_assert_num_queries):
    user = make_user()
    with django_assert_num_queries(1):
        write(
            update(User, user.pk, {"name": "Ada"}),
            upsert(Preferences, user.pk, {"traits": ["direct"]}),
            upsert(Tour, user.pk, {"answered": True}),
        )
    found = User.objects.select_related("preferences", "tour").get()
    assert (found.name, found.preferences.traits, found.tour.answered) == ("Ada", ["direct"], True)


def test_of_several_none_is_made_where_one_fails():
    user = make_user(name="Ada")
    with pytest.raises(IntegrityError), transaction.atomic():
        write(
            update(User, user.pk, {"name": "Bob"}),
            upsert(Preferences, user.pk, {"traits": ["rude"]}),
        )
    assert User.objects.get().name == "Ada"


def test_what_does_not_fit_is_refused_by_the_database():
    expert = make_expert()
    with pytest.raises(DataError), transaction.atomic():
        write(update(Expert, expert.pk, {"name": "x" * 101}))


def test_a_transaction_in_which_it_failed_can_only_be_rolled_back():
    expert = make_expert()
    with transaction.atomic():
        with contextlib.suppress(DataError):
            write(update(Expert, expert.pk, {"name": "x" * 101}))
        assert transaction.get_connection().needs_rollback
