import logging
import re

import pytest

from accounts.tests.people import PASSWORD, make_admin, make_user

pytestmark = pytest.mark.django_db

NEW = "nine-blue-submarines"


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "security")
    return lambda: [r.getMessage() for r in caplog.records if r.name == "security"]


def sign_in(client, password=PASSWORD):
    client.post("/accounts/login/", {"login": "ada@example.org", "password": password})


def test_logs_sign_in_and_sign_out(client, lines):
    user = make_user()
    sign_in(client)
    client.post("/accounts/logout/")
    assert lines() == [
        f"sign-in: user {user.pk}, from 127.0.0.1",
        f"sign-out: user {user.pk}, from 127.0.0.1",
    ]


def test_logs_failed_sign_in(client, lines):
    make_user()
    sign_in(client, "secret-wrong-one")
    (line,) = lines()
    assert re.fullmatch(r"failed sign-in: e-mail address #[0-9a-f]{12}, from 127\.0\.0\.1", line)


def test_the_same_email_address_has_the_same_mark(client, lines):
    for login in ("ada@example.org", " Ada@Example.org", "bob@example.org"):
        client.post("/accounts/login/", {"login": login, "password": "wrong"})
    ada, again, bob = lines()
    assert ada == again != bob


def test_says_that_an_administrator_signed_in(client, lines):
    admin = make_admin()
    client.post("/accounts/login/", {"login": admin.email, "password": PASSWORD})
    assert lines() == [f"sign-in: user {admin.pk} (staff), from 127.0.0.1"]


def test_logs_throttled_sign_in(client, lines):
    for _ in range(6):
        sign_in(client, "wrong")
    assert lines()[-1].startswith("throttled sign-in: e-mail address #")


def test_logs_sign_up(client, lines):
    client.post("/accounts/signup/", {"email": "ada@example.org", "password1": PASSWORD})
    assert [line.split(":")[0] for line in lines()] == ["sign-up"]


def test_logs_password_change_without_passwords(client, lines):
    user = make_user()
    client.force_login(user)
    data = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    client.post("/accounts/password/change/", data)
    assert lines()[-1] == f"password change: user {user.pk}, from 127.0.0.1"
    assert not any(PASSWORD in line or NEW in line for line in lines())


def test_counts_sign_ins_and_sign_ups(client, list_events):
    make_user()
    sign_in(client, "secret-wrong-one")
    sign_in(client)
    client.post("/accounts/logout/")
    client.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD})
    kinds = [event["kind"] for event in list_events()]
    assert kinds == ["failed_sign_in", "sign_in", "sign_up"]
