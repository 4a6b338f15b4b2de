import pytest
from django.test import Client

from accounts.models import Session
from accounts.tests.people import make_user

pytestmark = pytest.mark.django_db


def test_ends_all_sessions(client):
    user, other = make_user(), Client()
    client.force_login(user)
    other.force_login(user)
    response = client.post("/account/sign-out-everywhere/")
    assert (response.status_code, response.url) == (302, "/accounts/login/")
    assert not Session.objects.exists()
    assert other.get("/").context["user"].is_anonymous
    assert b"signed out of every browser" in client.get("/accounts/login/").content


def test_keeps_sessions_of_other_users(client, client_of_bob):
    bob = make_user(email="bob@example.org")
    client_of_bob.force_login(bob)
    client.force_login(make_user())
    client.post("/account/sign-out-everywhere/")
    assert client_of_bob.get("/").context["user"] == bob


def test_rejects_get(client):
    client.force_login(make_user())
    assert client.get("/account/sign-out-everywhere/").url == "/account/"
    assert Session.objects.count() == 1


def test_anonymous_redirects_to_login(client):
    response = client.post("/account/sign-out-everywhere/")
    assert response.url.startswith("/accounts/login/")


def test_requires_csrf_token(client):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_user())
    assert strict.post("/account/sign-out-everywhere/").status_code == 403
