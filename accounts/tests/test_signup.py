import time

import pytest

from accounts.models import Session, User
from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user
from accounts.tests.responses import HashCounter, describe

pytestmark = pytest.mark.django_db


def sign_up(client, **overrides):
    data = {"email": "ada@example.org", "password1": PASSWORD} | overrides
    return client.post("/accounts/signup/", data)


def confirm(client, code):
    return client.post("/accounts/confirm-email/", {"code": code})


def test_form_supports_password_managers(client):
    response = client.get("/accounts/signup/")
    assert response.status_code == 200
    assert b'autocomplete="email"' in response.content
    assert b'autocomplete="new-password"' in response.content
    assert b"at least 8 characters" in response.content


def test_mailed_code_signs_in(client):
    response = sign_up(client, email="Ada@Example.org")
    assert (response.status_code, response.url) == (302, "/accounts/confirm-email/")
    response = confirm(client, mailbox.get_code())
    assert (response.status_code, response.url) == (302, "/")
    user = User.objects.get()
    assert (user.email, user.check_password(PASSWORD)) == ("ada@example.org", True)
    assert client.get("/", follow=True).context["user"] == user


def test_sends_mail_with_own_subject(client):
    sign_up(client)
    (message,) = mailbox.deliver_all()
    assert (message.to, message.subject) == (["ada@example.org"], "Your code for AI4CEO")
    assert "http://127.0.0.1:8000" in message.body
    assert message.content_subtype == "plain"


def test_does_not_sign_in_before_the_code(client):
    sign_up(client)
    assert client.get("/").context["user"].is_anonymous
    assert not Session.objects.exclude(user=None).exists()


def test_rejects_wrong_code(client):
    sign_up(client)
    response = confirm(client, "BBBB-BBBB")
    assert response.status_code == 200
    assert b"not the code from the email" in response.content
    assert client.get("/").context["user"].is_anonymous


def test_three_wrong_codes_require_a_new_one(client):
    sign_up(client)
    code = mailbox.get_code()
    for _ in range(3):
        response = confirm(client, "BBBB-BBBB")
    assert response.status_code == 200
    assert b"Send a new one" in response.content
    confirm(client, code)
    assert client.get("/").context["user"].is_anonymous


def test_code_expires_after_15_minutes(client, monkeypatch):
    sign_up(client)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 15 * 60 + 1)
    assert confirm(client, mailbox.get_code()).url == "/accounts/login/"
    assert client.get("/").context["user"].is_anonymous


def test_resends_code(client, monkeypatch):
    sign_up(client)
    first = mailbox.get_code()
    mailbox.deliver_all().clear()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 11)
    client.post("/accounts/confirm-email/", {"action": "resend"})
    assert mailbox.get_code() != first
    assert confirm(client, mailbox.get_code()).url == "/"


def test_resends_code_after_three_wrong_ones(client, monkeypatch):
    sign_up(client)
    for _ in range(4):
        confirm(client, "BBBB-BBBB")
    mailbox.deliver_all().clear()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 11)
    page = client.post("/accounts/confirm-email/", {"action": "resend"}, follow=True)
    assert b"We sent a new code to ada@example.org" in page.content
    assert confirm(client, mailbox.get_code()).url == "/"


def test_early_resend_shows_the_wait(client):
    sign_up(client)
    page = client.post("/accounts/confirm-email/", {"action": "resend"}, follow=True)
    assert page.status_code == 200
    assert b"You can send a new code in" in page.content
    assert b'data-wait="' in page.content
    assert len(mailbox.deliver_all()) == 1


def test_refuses_the_tenth_resend_within_an_hour(client, monkeypatch):
    sign_up(client)
    now, pages = time.time(), []
    for number in range(1, 11):
        monkeypatch.setattr(time, "time", lambda later=now + 11 * number: later)
        pages.append(client.post("/accounts/confirm-email/", {"action": "resend"}, follow=True))
    sent = [b"We sent a new code to ada@example.org" in page.content for page in pages]
    assert sent == [True] * 9 + [False]
    assert b"Try again in an hour." in pages[-1].content
    assert len(mailbox.deliver_all()) == 10


def test_email_can_be_corrected(client):
    sign_up(client, email="adda@example.org")
    page = "/accounts/signup/?email=adda%40example.org"
    response = client.post("/accounts/logout/", {"next": page}, follow=True)
    assert b'value="adda@example.org"' in response.content


def test_ignores_other_fields(client):
    extras = dict.fromkeys(["role", "is_staff", "is_superuser", "is_admin", "admin"], "admin")
    sign_up(client, **extras, id="1", name="x", verified="1", groups="1", user_permissions="1")
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.name) == (False, False, "")
    assert not user.groups.exists()
    assert not user.user_permissions.exists()
    assert not user.emailaddress_set.get().verified


@pytest.mark.parametrize("password", ["short", "password", "73519246", "ada@example.org"])
def test_rejects_weak_password(client, password):
    response = sign_up(client, password1=password)
    assert response.status_code == 200
    assert "password1" in response.context["form"].errors
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["", "ada", "ada@", "ada@example.org\0"])
def test_rejects_invalid_email(client, email):
    assert "email" in sign_up(client, email=email).context["form"].errors
    assert not User.objects.exists()


def test_rejects_too_long_email(client):
    response = sign_up(client, email=f"countess2@{'.'.join(['a' * 60] * 4)}.org")
    assert response.context["form"].errors["email"] == [
        "Ensure this value has at most 254 characters (it has 257)."
    ]
    assert not User.objects.exists()
    assert mailbox.deliver_all() == []


@pytest.mark.parametrize("overrides", [{}, {"confirmed": False}, {"is_active": False}])
def test_response_does_not_reveal_taken_email(client, client_of_bob, overrides):
    make_user(**overrides)
    taken = describe(sign_up(client), email="ada@example.org")
    free = describe(sign_up(client_of_bob, email="bob@example.org"), email="bob@example.org")
    assert taken == free
    taken = describe(client.get(taken[1]), email="ada@example.org")
    free = describe(client_of_bob.get(free[1]), email="bob@example.org")
    assert taken == free
    taken = describe(confirm(client, "BBBB-BBBB"), email="ada@example.org")
    free = describe(confirm(client_of_bob, "BBBB-BBBB"), email="bob@example.org")
    assert taken == free


def test_taken_and_free_email_hash_equally_often(client, client_of_bob):
    make_user()
    with HashCounter() as taken:
        sign_up(client)
    with HashCounter() as free:
        sign_up(client_of_bob, email="bob@example.org")
    assert taken.count == free.count == 1
    assert mailbox.list_recipients() == ["ada@example.org", "bob@example.org"]


def test_mail_says_that_the_account_exists(client):
    make_user()
    sign_up(client, password1="nine-blue-submarines")
    (message,) = mailbox.deliver_all()
    assert message.subject == "You already have an AI4CEO account"
    assert "http://127.0.0.1:8000/accounts/password/reset/" in message.body
    assert User.objects.get().check_password(PASSWORD)


def test_concurrent_sign_ups_get_the_same_response(client, monkeypatch):
    make_user()
    look = "allauth.account.internal.flows.manage_email.email_already_exists"
    monkeypatch.setattr(look, lambda email, **_: (email, False))
    response = sign_up(client, password1="nine-blue-submarines")
    assert (response.status_code, response.url) == (302, "/accounts/confirm-email/")
    assert User.objects.get().check_password(PASSWORD)


def test_mails_per_email_are_limited(client, client_of_bob):
    assert sign_up(client).status_code == 302
    response = sign_up(client_of_bob)
    assert response.status_code == 429
    assert b"Too many attempts" in response.content
    assert 1 <= int(response.headers["Retry-After"]) <= 10
    assert b'href="/accounts/signup/"' in response.content
    assert len(mailbox.deliver_all()) == 1


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/login/"])
def test_signed_in_user_redirects_home(client, path):
    client.force_login(make_user())
    assert client.get(path).url == "/"
