import pytest
from django.test import Client

from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NEW = "nine-blue-submarines"


def change(client, **overrides):
    data = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW} | overrides
    return client.post("/accounts/password/change/", data)


def test_changes_the_password_and_stays_signed_in(client):
    user = make_user()
    client.force_login(user)
    response = change(client)
    assert (response.status_code, response.url) == (302, "/account/")
    assert b"new password is saved" in client.get("/account/").content
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_ends_other_sessions(client):
    user, other = make_user(), Client()
    client.force_login(user)
    other.force_login(user)
    change(client)
    assert user.sessions.get().session_key == client.cookies["sessionid"].value
    assert other.get("/").context["user"].is_anonymous
    assert client.get("/").context["user"] == user


def test_sends_notification(client):
    client.force_login(make_user())
    change(client)
    (message,) = mailbox.deliver_all()
    assert (message.to, message.subject) == (
        ["ada@example.org"],
        "Your AI4CEO password was changed",
    )
    assert "http://127.0.0.1:8000/accounts/password/reset/" in message.body


@pytest.mark.parametrize(
    ("field", "value"),
    [("oldpassword", "wrong"), ("password2", "another"), ("password1", "password")],
)
def test_rejects_invalid_passwords(client, field, value):
    user = make_user()
    client.force_login(user)
    assert field in change(client, **{field: value}).context["form"].errors
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_anonymous_redirects_to_login(client):
    assert change(client).url.startswith("/accounts/login/")
