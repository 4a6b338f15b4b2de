import pytest
from django.test import Client

from accounts.tests.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db

THROTTLED = b"Too many failed attempts"


def sign_in(client, password=PASSWORD, email="ada@example.org", **extra):
    return client.post("/accounts/login/", {"login": email, "password": password}, **extra)


def lock(email="ada@example.org"):
    stranger = Client()
    for number in range(5):
        sign_in(stranger, "wrong", email, REMOTE_ADDR=f"192.0.2.{number}")
    assert THROTTLED in sign_in(stranger, email=email, REMOTE_ADDR="192.0.2.9").content


@pytest.fixture
def ada(client):
    """Ada, who has been signed in with the client before."""
    user = make_user()
    sign_in(client)
    client.post("/accounts/logout/")
    return user


def test_others_failures_do_not_lock_a_known_browser_out(client, ada):
    lock()
    assert sign_in(client).url == "/"


def test_a_known_browser_has_five_failures_of_its_own(client, ada):
    for _ in range(5):
        assert THROTTLED not in sign_in(client, "wrong").content
    assert THROTTLED in sign_in(client).content


def test_a_browser_is_known_for_its_own_people_only(client, ada):
    make_user(email="bob@example.org")
    lock("bob@example.org")
    assert THROTTLED in sign_in(client, email="bob@example.org").content


def test_a_cookie_that_was_tampered_with_is_none(client, ada):
    lock()
    client.cookies["known_browser"] = client.cookies["known_browser"].value[:-2] + "xx"
    assert THROTTLED in sign_in(client).content


def test_the_cookie_is_for_the_server_alone_and_names_nobody(client, ada):
    cookie = client.cookies["known_browser"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert "ada" not in cookie.value


def test_a_failure_makes_no_browser_known(client):
    make_user()
    sign_in(client, "wrong")
    assert "known_browser" not in client.cookies
