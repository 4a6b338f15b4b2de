import re
import time

import pytest
from django.test import Client

from accounts.models import Session, User
from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user
from accounts.tests.work import HashCounter, describe

pytestmark = pytest.mark.django_db

WRONG = b"Wrong email or password."
THROTTLED = b"Too many failed attempts"


def sign_in(client, email="ada@example.org", password=PASSWORD, **extra):
    return client.post("/accounts/login/", {"login": email, "password": password}, **extra)


def test_the_form_suits_password_managers(client):
    content = client.get("/accounts/login/").content
    assert b'autocomplete="username"' in content
    assert b'autocomplete="current-password"' in content


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@Example.ORG", " ada@example.org "])
def test_signs_in_with_the_address_in_any_case(client, email):
    user = make_user()
    response = sign_in(client, email)
    assert (response.status_code, response.url) == (302, "/")
    assert client.get("/").context["user"] == user
    assert user.sessions.count() == 1


def test_goes_on_to_the_page_that_was_asked_for(client):
    make_user()
    assert client.get("/account/").url == "/accounts/login/?next=/account/"
    response = client.post(
        "/accounts/login/", {"login": "ada@example.org", "password": PASSWORD, "next": "/account/"}
    )
    assert response.url == "/account/"


def test_does_not_go_on_to_another_site(client):
    make_user()
    data = {"login": "ada@example.org", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", data).url == "/"


def test_the_session_gets_a_new_key(client):
    make_user()
    session = client.session
    session["colour"] = "red"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in(client)
    assert client.session.session_key != before
    assert Session.objects.count() == 1


def test_a_wrong_password_is_refused(client):
    make_user()
    response = sign_in(client, password="wrong")
    assert response.status_code == 200
    assert WRONG in response.content
    assert not Session.objects.exists()


@pytest.mark.parametrize("overrides", [{}, {"confirmed": False}, {"is_active": False}])
def test_the_answer_does_not_tell_that_there_is_an_account(client, client_of_bob, overrides):
    make_user(**overrides)
    known = describe(sign_in(client, password="wrong"), email="ada@example.org")
    unknown = describe(sign_in(client_of_bob, "bob@example.org", "wrong"), email="bob@example.org")
    assert known == unknown


@pytest.mark.parametrize("overrides", [{}, {"password": None}, {"is_active": False}])
def test_an_unknown_address_takes_as_long_as_a_known_one(client, overrides):
    make_user(**overrides)
    with HashCounter() as known:
        sign_in(client, password="wrong")
    with HashCounter() as unknown:
        sign_in(client, "bob@example.org", "wrong")
    assert known.count == unknown.count == 1


def test_an_inactive_person_learns_it_only_with_the_password(client):
    make_user(is_active=False)
    assert sign_in(client).url == "/accounts/inactive/"
    assert b"This account is disabled" in client.get("/accounts/inactive/").content
    assert client.get("/").context["user"].is_anonymous


def test_the_right_password_of_an_unconfirmed_address_leads_to_a_fresh_code(client):
    user = make_user(confirmed=False)
    response = sign_in(client)
    assert (response.status_code, response.url) == (302, "/accounts/confirm-email/")
    assert client.get("/").context["user"].is_anonymous
    assert client.post("/accounts/confirm-email/", {"code": mailbox.get_code()}).url == "/"
    assert client.get("/").context["user"] == user


def test_a_wrong_password_of_an_unconfirmed_address_is_refused(client):
    make_user(confirmed=False)
    for _ in range(5):
        assert WRONG in sign_in(client, password="wrong").content
    assert THROTTLED in sign_in(client, password="wrong").content


def test_a_sign_up_looks_alike_at_the_sign_in_later(client, client_of_bob, monkeypatch):
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


def test_the_code_sets_the_password_of_its_own_browser(client, client_of_bob, monkeypatch):
    """Somebody else, without the mail, signs up with the address in the meantime."""
    client.post("/accounts/signup/", {"email": "ada@example.org", "password1": PASSWORD})
    code, now = mailbox.get_code(), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 20)
    data = {"email": "ada@example.org", "password1": "nine-blue-boats"}
    assert client_of_bob.post("/accounts/signup/", data).url == "/accounts/confirm-email/"
    assert client.post("/accounts/confirm-email/", {"code": code}).url == "/"
    assert User.objects.get().check_password(PASSWORD)
    assert client.get("/", follow=True).context["user"].is_authenticated


def test_the_sign_up_of_a_taken_address_cannot_be_told_by_signing_in(client, client_of_bob):
    """Whoever tried to sign up knows the password that a new account would have."""
    make_user()
    for browser, email in [(client, "ada@example.org"), (client_of_bob, "bob@example.org")]:
        browser.post("/accounts/signup/", {"email": email, "password1": "nine-blue-boats"})
        browser.post("/accounts/logout/")
    taken = describe(sign_in(client, password="nine-blue-boats"), email="ada@example.org")
    free = describe(
        sign_in(client_of_bob, "bob@example.org", "nine-blue-boats"), email="bob@example.org"
    )
    assert taken == free


def test_five_failures_stop_the_sixth_attempt_even_with_the_password(client):
    make_user()
    for _ in range(5):
        assert WRONG in sign_in(client, password="wrong").content
    assert THROTTLED in sign_in(client).content
    assert client.get("/").context["user"].is_anonymous


def test_an_unknown_address_is_throttled_as_a_known_one(client):
    for _ in range(5):
        assert WRONG in sign_in(client, "bob@example.org", "wrong").content
    assert THROTTLED in sign_in(client, "bob@example.org", "wrong").content


def test_failures_count_for_the_address_whatever_browser_and_place(client):
    make_user()
    for number in range(5):
        sign_in(Client(), password="wrong", REMOTE_ADDR=f"192.0.2.{number}")
    assert THROTTLED in sign_in(client, "ADA@example.org", REMOTE_ADDR="192.0.2.9").content


def test_failures_count_for_the_address_whatever_the_host_header(client):
    make_user()
    for number in range(5):
        sign_in(client, password="wrong", HTTP_HOST=f"127.0.0.1:{9000 + number}")
    assert THROTTLED in sign_in(client, HTTP_HOST="localhost").content


def test_ten_failures_stop_a_place_whatever_the_address(client):
    for number in range(10):
        assert WRONG in sign_in(client, f"bob{number}@example.org", "wrong").content
    assert THROTTLED in sign_in(client, "bob10@example.org", "wrong").content


def test_success_is_not_counted(client):
    make_user()
    for _ in range(7):
        sign_in(client)
        assert client.post("/accounts/logout/").status_code == 302
    assert sign_in(client).url == "/"


def test_another_address_is_not_stopped(client):
    make_user()
    for _ in range(5):
        sign_in(client, "bob@example.org", "wrong")
    assert sign_in(client).url == "/"


def test_signing_in_sends_no_mail(client):
    make_user()
    sign_in(client)
    assert mailbox.deliver_all() == []


def test_the_page_offers_nothing_that_the_site_does_not_have(client):
    content = client.get("/accounts/login/").content.decode().lower()
    assert not re.search(r"passkey|sign-in code|google|github|third.party|remember", content)
