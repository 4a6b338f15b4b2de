import pytest

from accounts.models import Session
from accounts.tests.people import make_user

pytestmark = pytest.mark.django_db


def test_signs_out_and_deletes_the_session(client):
    client.force_login(make_user())
    response = client.post("/accounts/logout/")
    assert (response.status_code, response.url) == (302, "/accounts/login/")
    assert not Session.objects.exists()
    assert b"You have signed out." in client.get("/accounts/login/").content


def test_old_cookie_is_anonymous(client):
    client.force_login(make_user())
    cookie = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    client.cookies["sessionid"] = cookie
    assert client.get("/").context["user"].is_anonymous


def test_asks_before_signing_out(client):
    client.force_login(make_user())
    response = client.get("/accounts/logout/")
    assert response.status_code == 200
    assert b"Sign out?" in response.content
    assert Session.objects.count() == 1
