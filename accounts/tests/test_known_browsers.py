import pytest
from django.test import Client

from accounts.tests.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db

THROTTLED = b"Too many failed attempts"


def sign_in(client, password=PASSWORD, email="ada@example.org", **extra):
    return client.post("/accounts/login/", {"login": email, "password": password}, **extra)


def lock(email="ada@example.org"):
    other = Client()
    for number in range(5):
        sign_in(other, "wrong", email, REMOTE_ADDR=f"192.0.2.{number}")
    assert THROTTLED in sign_in(other, email=email, REMOTE_ADDR="192.0.2.9").content


@pytest.fixture
def ada(client):
    """Ada, who has signed in with the client before."""
    user = make_user()
    sign_in(client)
    client.post("/accounts/logout/")
    return user


def test_failures_elsewhere_do_not_lock_known_browser(client, ada):
    lock()
    assert sign_in(client).url == "/"


def test_known_browser_allows_five_failures(client, ada):
    for _ in range(5):
        assert THROTTLED not in sign_in(client, "wrong").content
    assert THROTTLED in sign_in(client).content


def test_browser_is_known_only_for_its_users(client, ada):
    make_user(email="bob@example.org")
    lock("bob@example.org")
    assert THROTTLED in sign_in(client, email="bob@example.org").content


def test_ignores_tampered_cookie(client, ada):
    lock()
    client.cookies["known_browser"] = client.cookies["known_browser"].value[:-2] + "xx"
    assert THROTTLED in sign_in(client).content


def test_cookie_is_http_only_and_contains_no_email(client, ada):
    cookie = client.cookies["known_browser"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert "ada" not in cookie.value


def test_failed_sign_in_sets_no_cookie(client):
    make_user()
    sign_in(client, "wrong")
    assert "known_browser" not in client.cookies
