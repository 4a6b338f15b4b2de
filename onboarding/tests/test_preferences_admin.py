"""The admin of the preferences."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.people import make_user
from onboarding.models import Preferences
from onboarding.tests.experts import make_expert

pytestmark = pytest.mark.django_db
LIST = "/admin/onboarding/preferences/"


def make_preferences(**preferences):
    """Create a user at the second step."""
    user = make_user(newcomer=True)
    Preferences.for_user(user).store(**{"step": "traits"} | preferences)
    return user


def test_lists_and_searches_users(admin):
    make_preferences(traits=["direct", "curious"])
    page = admin.get(LIST, {"q": "lovelace"}).content.decode()
    assert "ada@example.org" in page
    assert "direct, curious" in page
    assert 'title="grace@example.org"' not in page
    assert "1 preferences" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"step__exact": "traits"}, True),
        ({"step__exact": "experts"}, False),
        ({"trait": "direct"}, True),
        ({"trait": "curious"}, False),
        ({"finished_at__isempty": 1}, True),
        ({"finished_at__isempty": 0}, False),
    ],
)
def test_filters_by_step_trait_and_end(admin, query, found):
    make_preferences(traits=["direct"])
    assert ("ada@example.org" in admin.get(LIST, query).content.decode()) is found


def test_traits_are_edited_with_checkboxes(admin):
    user = make_preferences(traits=["direct"])
    path = f"{LIST}{user.pk}/change/"
    assert admin.get(path).content.decode().count('name="traits"') == 6
    assert admin.post(path, {"traits": ["curious", "concise"]}).status_code == 302
    assert Preferences.objects.get(pk=user.pk).traits == ["curious", "concise"]
    assert admin.post(path, {}).status_code == 302
    assert Preferences.objects.get(pk=user.pk).traits == []


def test_saves_only_the_traits(admin):
    path = f"{LIST}{make_preferences().pk}/change/"
    with CaptureQueriesContext(connection) as captured:
        admin.post(path, {"traits": ["direct"]})
    (update,) = (query["sql"] for query in captured if "UPDATE" in query["sql"].split()[0])
    assert "traits" in update
    assert "step" not in update.partition("WHERE")[0]


def test_rejects_unknown_traits(admin):
    user = make_preferences()
    response = admin.post(f"{LIST}{user.pk}/change/", {"traits": ["rude"]})
    assert "Choose from friendly" in response.content.decode()


def test_progress_and_favourites_are_read_only(admin):
    user = make_preferences(experts=[make_expert().pk])
    page = admin.get(f"{LIST}{user.pk}/change/").content.decode()
    assert "Navigator" in page
    form = {"step": "experts", "finished_at_0": "2026-01-01", "finished_at_1": "0:00", "user": "x"}
    admin.post(f"{LIST}{user.pk}/change/", form | {"traits": ["direct"]})
    after = Preferences.objects.get(pk=user.pk)
    assert (after.step, after.is_onboarded, after.traits) == ("traits", False, ["direct"])


def test_rows_cannot_be_added(admin):
    assert admin.get(f"{LIST}add/").status_code == 403


def test_list_costs_the_same_for_one_and_sixty(admin):
    admin.get(LIST)
    with CaptureQueriesContext(connection) as few:
        admin.get(LIST)
    for number in range(60):
        make_user(email=f"{number}@example.org", password=None)
    with CaptureQueriesContext(connection) as many:
        admin.get(LIST)
    assert len(many) == len(few) <= 4


def test_users_have_no_access(client):
    client.force_login(make_user())
    assert client.get(LIST).status_code == 302
