"""Answers to the offer in the admin site."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.people import make_user
from tours.models import Tour

pytestmark = pytest.mark.django_db
LIST = "/admin/tours/tour/"


def make_tour(email="ada@example.org", *, answered=True):
    user = make_user(email=email, password=None, confirmed=False)
    return Tour.objects.create(user=user, answered=answered)


def test_filters_by_answer(admin):
    make_tour()
    make_tour("bob@example.org", answered=False)
    page = admin.get(LIST, {"answered__exact": 1}).content.decode()
    assert "ada@example.org" in page
    assert "bob@example.org" not in page


def test_finds_user_by_email(admin):
    make_tour()
    make_tour("bob@example.org")
    page = admin.get(LIST, {"q": "bob@"}).content.decode()
    assert "bob@example.org" in page
    assert "ada@example.org" not in page


def test_statement_count_does_not_grow_with_the_list(admin):
    make_tour("first@example.org")
    admin.get(LIST)
    with CaptureQueriesContext(connection) as few:
        admin.get(LIST)
    for number in range(40):
        make_tour(f"{number}@example.org")
    with CaptureQueriesContext(connection) as many:
        admin.get(LIST)
    assert len(many) == len(few) <= 4


def test_resets_an_answer(admin):
    tour = make_tour()
    assert admin.post(f"{LIST}{tour.pk}/change/", {}).status_code == 302
    tour.refresh_from_db()
    assert tour.answered is False


def test_cannot_change_the_user(admin):
    tour, other = make_tour(), make_user(email="bob@example.org")
    admin.post(f"{LIST}{tour.pk}/change/", {"user": other.pk, "answered": "on"})
    assert Tour.objects.get().user.email == "ada@example.org"


def test_action_offers_the_tour_again(admin):
    chosen, other = make_tour(), make_tour("bob@example.org")
    form = {"action": "offer_again", "_selected_action": [chosen.pk]}
    assert "Offered again to 1." in admin.post(LIST, form, follow=True).content.decode()
    assert Tour.objects.get(answered=True) == other


def test_rejects_add(admin):
    assert admin.get(f"{LIST}add/").status_code == 403


def test_deletes_user_with_answer(admin):
    user = make_tour().user
    path = f"/admin/accounts/user/{user.pk}/delete/"
    assert admin.post(path, {"post": "yes"}).status_code == 302
    assert not Tour.objects.exists()
    assert not User.objects.filter(pk=user.pk).exists()


def test_rejects_users_without_staff_flag(client):
    client.force_login(make_user())
    assert client.get(LIST).status_code == 302
