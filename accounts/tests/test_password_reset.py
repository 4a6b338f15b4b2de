from datetime import datetime, timedelta

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from accounts.models import Session
from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user
from accounts.tests.responses import describe

pytestmark = pytest.mark.django_db

NEW = "nine-blue-submarines"


def submit(client, email="ada@example.org", **extra):
    return client.post("/accounts/password/reset/", {"email": email}, **extra)


def follow(client, link):
    return client.get(link, follow=True)


def choose(client, link, password=NEW):
    page = follow(client, link).redirect_chain[-1][0]
    return client.post(page, {"password1": password, "password2": password})


def test_mailed_link_sets_password(client):
    user = make_user()
    assert submit(client, "Ada@Example.org").url == "/accounts/password/reset/done/"
    response = choose(client, mailbox.get_link())
    assert (response.status_code, response.url) == (302, "/accounts/password/reset/key/done/")
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert b"new password is saved" in client.get(response.url).content


def test_key_is_removed_from_url(client):
    make_user()
    submit(client)
    chain = follow(client, mailbox.get_link()).redirect_chain
    assert [url for url, _ in chain][-1].endswith("-set-password/")


def test_link_ignores_host_header(client):
    make_user()
    submit(client, HTTP_HOST="localhost:6666")
    assert "localhost" not in mailbox.deliver_all()[0].body
    assert mailbox.get_link()


def test_link_works_once(client, client_of_bob):
    make_user()
    submit(client)
    link = mailbox.get_link()
    choose(client, link)
    assert b"no longer works" in follow(client_of_bob, link).content


@pytest.mark.parametrize(("seconds", "works"), [(3590, True), (3610, False)])
def test_link_works_for_an_hour(client, monkeypatch, seconds, works):
    make_user()
    submit(client)
    later = datetime.now() + timedelta(seconds=seconds)  # noqa: DTZ005  naive in Django as well
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: later)
    assert (b"no longer works" not in follow(client, mailbox.get_link()).content) is works


def test_form_expires_with_link(client, monkeypatch):
    user = make_user()
    submit(client)
    page = follow(client, mailbox.get_link()).redirect_chain[-1][0]
    later = datetime.now() + timedelta(seconds=3610)  # noqa: DTZ005  naive in Django as well
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: later)
    client.post(page, {"password1": NEW, "password2": NEW})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("key", ["0-0", "00000000000000000000000000000000-abc-def", "x-y"])
def test_rejects_invalid_link(client, key):
    response = client.get(f"/accounts/password/reset/key/{key}/")
    assert response.status_code == 200
    assert b"no longer works" in response.content


def test_rejects_weak_password(client):
    user = make_user()
    submit(client)
    assert choose(client, mailbox.get_link(), "password").status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_ends_every_session(client, client_of_bob):
    user = make_user()
    client_of_bob.force_login(user)
    submit(client)
    choose(client, mailbox.get_link())
    assert not user.sessions.exists()
    assert client_of_bob.get("/").context["user"].is_anonymous


def test_ends_own_session(client):
    user = make_user()
    client.force_login(user)
    submit(client)
    response = choose(client, mailbox.get_link())
    assert response.status_code == 302
    assert not user.sessions.exists()


def test_link_confirms_email(client):
    user = make_user(confirmed=False)
    submit(client)
    choose(client, mailbox.get_link())
    assert user.has_confirmed_email()
    login = {"login": "ada@example.org", "password": NEW}
    assert client.post("/accounts/login/", login).url == "/"


def test_does_not_sign_in(client):
    make_user()
    submit(client)
    choose(client, mailbox.get_link())
    assert not Session.objects.exclude(user=None).exists()


def test_resets_failed_sign_in_limit(client):
    make_user()
    login = {"login": "ada@example.org", "password": "wrong"}
    for _ in range(5):
        client.post("/accounts/login/", login)
    submit(client)
    choose(client, mailbox.get_link())
    assert client.post("/accounts/login/", login | {"password": NEW}).url == "/"


@pytest.mark.parametrize("overrides", [{}, {"confirmed": False}, {"is_active": False}])
def test_response_does_not_reveal_account(client, client_of_bob, overrides):
    make_user(**overrides)
    known = describe(submit(client), email="ada@example.org")
    unknown = describe(submit(client_of_bob, "bob@example.org"), email="bob@example.org")
    assert known == unknown
    assert mailbox.list_recipients() == ["ada@example.org", "bob@example.org"]


def test_mail_says_that_there_is_no_account(client):
    submit(client)
    (message,) = mailbox.deliver_all()
    assert message.subject == "No AI4CEO account for this email"
    assert "http://127.0.0.1:8000/accounts/signup/" in message.body


def test_inactive_user_gets_no_link(client):
    make_user(is_active=False)
    submit(client)
    assert "/key/" not in mailbox.deliver_all()[0].body


def test_mails_per_email_are_limited(client):
    make_user()
    statuses = [submit(client).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]
    assert len(mailbox.deliver_all()) == 5
