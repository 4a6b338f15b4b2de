import re
import time

import pytest
from django.test import Client

from accounts.models import Session, User
from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user
from accounts.tests.responses import HashCounter, describe

pytestmark = pytest.mark.django_db

WRONG = b"Wrong email or password."
THROTTLED = b"Too many failed attempts"


def sign_in(client, email="ada@example.org", password=PASSWORD, **extra):
    return client.post("/accounts/login/", {"login": email, "password": password}, **extra)


def test_form_supports_password_managers(client):
    content = client.get("/accounts/login/").content
    assert b'autocomplete="username"' in content
    assert b'autocomplete="current-password"' in content


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@Example.ORG", " ada@example.org "])
def test_signs_in_with_email_in_any_case(client, email):
    user = make_user()
    response = sign_in(client, email)
    assert (response.status_code, response.url) == (302, "/")
    assert client.get("/").context["user"] == user
    assert user.sessions.count() == 1


def test_redirects_to_next_url(client):
    make_user()
    assert client.get("/account/").url == "/accounts/login/?next=/account/"
    response = client.post(
        "/accounts/login/", {"login": "ada@example.org", "password": PASSWORD, "next": "/account/"}
    )
    assert response.url == "/account/"


def test_ignores_next_url_of_other_site(client):
    make_user()
    data = {"login": "ada@example.org", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", data).url == "/"


def test_session_gets_new_key(client):
    make_user()
    session = client.session
    session["colour"] = "red"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in(client)
    assert client.session.session_key != before
    assert Session.objects.count() == 1


def test_rejects_wrong_password(client):
    make_user()
    response = sign_in(client, password="wrong")
    assert response.status_code == 200
    assert WRONG in response.content
    assert not Session.objects.exists()


@pytest.mark.parametrize("overrides", [{}, {"confirmed": False}, {"is_active": False}])
def test_response_does_not_reveal_account(client, client_of_bob, overrides):
    make_user(**overrides)
    known = describe(sign_in(client, password="wrong"), email="ada@example.org")
    unknown = describe(sign_in(client_of_bob, "bob@example.org", "wrong"), email="bob@example.org")
    assert known == unknown


@pytest.mark.parametrize("overrides", [{}, {"password": None}, {"is_active": False}])
def test_known_and_unknown_email_hash_equally_often(client, overrides):
    make_user(**overrides)
    with HashCounter() as known:
        sign_in(client, password="wrong")
    with HashCounter() as unknown:
        sign_in(client, "bob@example.org", "wrong")
    assert known.count == unknown.count == 1


def test_inactive_page_requires_the_password(client):
    make_user(is_active=False)
    assert sign_in(client).url == "/accounts/inactive/"
    assert b"This account is disabled" in client.get("/accounts/inactive/").content
    assert client.get("/").context["user"].is_anonymous


def test_unconfirmed_user_gets_new_code(client):
    user = make_user(confirmed=False)
    response = sign_in(client)
    assert (response.status_code, response.url) == (302, "/accounts/confirm-email/")
    assert client.get("/").context["user"].is_anonymous
    assert client.post("/accounts/confirm-email/", {"code": mailbox.get_code()}).url == "/"
    assert client.get("/").context["user"] == user


def test_rejects_wrong_password_of_unconfirmed_user(client):
    make_user(confirmed=False)
    for _ in range(5):
        assert WRONG in sign_in(client, password="wrong").content
    assert THROTTLED in sign_in(client, password="wrong").content


def test_later_sign_in_does_not_reveal_taken_email(client, client_of_bob, monkeypatch):
    make_user()
    answers = []
    now = time.time()
    for browser, email in [(client, "ada@example.org"), (client_of_bob, "bob@example.org")]:
        browser.post("/accounts/signup/", {"email": email, "password1": "nine-blue-boats"})
    monkeypatch.setattr(time, "time", lambda: now + 20)
    for email in ("ada@example.org", "bob@example.org"):
        browser = Client()
        with HashCounter() as hashes:
            first = describe(sign_in(browser, email, "nine-blue-boats"), email=email)
        page = describe(browser.get("/accounts/confirm-email/"), email=email)
        answers.append((hashes.count, first, page))
    assert answers[0] == answers[1]
    assert answers[0][1][1] == "/accounts/confirm-email/"


def test_code_sets_the_password_of_its_browser(client, client_of_bob, monkeypatch):
    """Another browser signs up with the same e-mail address in between."""
    client.post("/accounts/signup/", {"email": "ada@example.org", "password1": PASSWORD})
    code, now = mailbox.get_code(), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 20)
    data = {"email": "ada@example.org", "password1": "nine-blue-boats"}
    assert client_of_bob.post("/accounts/signup/", data).url == "/accounts/confirm-email/"
    assert client.post("/accounts/confirm-email/", {"code": code}).url == "/"
    assert User.objects.get().check_password(PASSWORD)
    assert client.get("/", follow=True).context["user"].is_authenticated


def test_sign_in_after_sign_up_does_not_reveal_taken_email(client, client_of_bob):
    make_user()
    for browser, email in [(client, "ada@example.org"), (client_of_bob, "bob@example.org")]:
        browser.post("/accounts/signup/", {"email": email, "password1": "nine-blue-boats"})
        browser.post("/accounts/logout/")
    taken = describe(sign_in(client, password="nine-blue-boats"), email="ada@example.org")
    free = describe(
        sign_in(client_of_bob, "bob@example.org", "nine-blue-boats"), email="bob@example.org"
    )
    assert taken == free


def test_five_failures_block_the_right_password(client):
    make_user()
    for _ in range(5):
        assert WRONG in sign_in(client, password="wrong").content
    assert THROTTLED in sign_in(client).content
    assert client.get("/").context["user"].is_anonymous


def test_throttles_unknown_email(client):
    for _ in range(5):
        assert WRONG in sign_in(client, "bob@example.org", "wrong").content
    assert THROTTLED in sign_in(client, "bob@example.org", "wrong").content


def test_failures_count_per_email_across_browsers(client):
    make_user()
    for number in range(5):
        sign_in(Client(), password="wrong", REMOTE_ADDR=f"192.0.2.{number}")
    assert THROTTLED in sign_in(client, "ADA@example.org", REMOTE_ADDR="192.0.2.9").content


def test_failures_count_per_email_across_host_headers(client):
    make_user()
    for number in range(5):
        sign_in(client, password="wrong", HTTP_HOST=f"127.0.0.1:{9000 + number}")
    assert THROTTLED in sign_in(client, HTTP_HOST="localhost").content


def test_ten_failures_block_an_ip_address(client):
    for number in range(10):
        assert WRONG in sign_in(client, f"bob{number}@example.org", "wrong").content
    assert THROTTLED in sign_in(client, "bob10@example.org", "wrong").content


def test_successful_sign_ins_are_not_counted(client):
    make_user()
    for _ in range(7):
        sign_in(client)
        assert client.post("/accounts/logout/").status_code == 302
    assert sign_in(client).url == "/"


def test_failures_do_not_block_other_emails(client):
    make_user()
    for _ in range(5):
        sign_in(client, "bob@example.org", "wrong")
    assert sign_in(client).url == "/"


def test_sends_no_mail(client):
    make_user()
    sign_in(client)
    assert mailbox.deliver_all() == []


def test_page_omits_unused_features(client):
    content = client.get("/accounts/login/").content.decode().lower()
    assert not re.search(r"passkey|sign-in code|google|github|third.party|remember", content)
