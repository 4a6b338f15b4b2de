"""The admin of the experts."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.people import make_user
from onboarding.models import Expert
from onboarding.tests.experts import make_expert, make_experts

pytestmark = pytest.mark.django_db
LIST = "/admin/onboarding/expert/"


def test_lists_and_searches_experts(admin):
    make_expert()
    make_expert(slug="law", name="Legal")
    page = admin.get(LIST, {"q": "lega"}).content.decode()
    assert "Legal" in page
    assert "Navigator" not in page


def test_filters_by_active_and_retrieval(admin):
    make_expert(uses_retrieval=True)
    make_expert(slug="law", name="Legal", is_active=False)
    page = admin.get(LIST, {"is_active__exact": 0, "uses_retrieval__exact": 0}).content.decode()
    assert "Legal" in page
    assert "Navigator" not in page


@pytest.mark.parametrize(("action", "state"), [("activate", True), ("deactivate", False)])
def test_actions_change_the_selected_experts(admin, action, state):
    chosen = make_expert(is_active=not state)
    other = make_expert(slug="other", is_active=not state)
    form = {"action": action, "_selected_action": [chosen.pk]}
    page = admin.post(LIST, form, follow=True).content.decode()
    assert "1 made" in page
    assert list(Expert.objects.filter(is_active=state)) == [chosen]
    assert list(Expert.objects.filter(is_active=not state)) == [other]


def test_null_character_is_a_form_error(admin):
    make_expert()
    pk = Expert.objects.get().pk
    fields = {"slug": "x", "name": "X", "description": "D", "prompt": "a\0b", "icon": ""}
    response = admin.post(f"{LIST}{pk}/change/", fields)
    assert response.status_code == 200
    assert "Null characters are not allowed" in response.content.decode()


def test_adds_an_expert(admin):
    fields = {"slug": "law", "name": "Legal", "description": "Reads.", "prompt": "Read."}
    assert admin.post(f"{LIST}add/", fields).status_code == 302
    assert Expert.objects.get().is_active is False


def test_list_costs_the_same_for_one_and_sixty(admin):
    make_expert()
    admin.get(LIST)
    with CaptureQueriesContext(connection) as few:
        admin.get(LIST)
    make_experts(60)
    with CaptureQueriesContext(connection) as many:
        admin.get(LIST)
    assert len(many) == len(few) <= 4


def test_users_have_no_access(client):
    client.force_login(make_user())
    assert client.get(LIST).status_code == 302
