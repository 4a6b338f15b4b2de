from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from accounts.tests.people import make_user

pytestmark = pytest.mark.django_db


def test_shows_user_and_number_of_sessions(client):
    user = make_user()
    client.force_login(user)
    Client().force_login(user)
    response = client.get("/account/")
    assert response.status_code == 200
    for text in (b"Ada Lovelace", b"ada@example.org", b"In 2 browsers", b"/accounts/password/"):
        assert text in response.content


def test_counts_only_own_live_sessions(client):
    user = make_user()
    Client().force_login(user)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    Client().force_login(make_user(email="bob@example.org"))
    client.force_login(user)
    assert b"Only in this browser" in client.get("/account/").content


def test_anonymous_redirects_to_login(client):
    assert client.get("/account/").url == "/accounts/login/?next=/account/"


def test_rejects_post(client):
    client.force_login(make_user())
    assert client.post("/account/").status_code == 405
