"""Migration 0006, which normalizes stored e-mail addresses."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import User
from accounts.tests.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db

ASCII = "ada@xn--mnchen-3ya.example"
SPELLINGS = [
    "ada@m\u00fcnchen.example",
    "ada@mu\u0308nchen.example",
    "ada@m\u00fcnchen.example.",
    "ada@xn--mnchen-3ya.example.",
]


def make_old_user(email, **overrides):
    """Create an account whose e-mail address is not normalized."""
    number = User.objects.count()
    user = make_user(email=f"old-{number}@example.org", **overrides)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET email = %s WHERE id = %s", [email, user.pk])
        cursor.execute(
            "UPDATE account_emailaddress SET email = %s WHERE user_id = %s", [email, user.pk]
        )
    return user


def respell():
    import_module("accounts.migrations.0006_one_spelling").respell(apps, None)


def list_emails(user):
    user.refresh_from_db()
    return [user.email, *user.emailaddress_set.values_list("email", flat=True)]


@pytest.mark.parametrize("email", SPELLINGS)
def test_user_signs_in_after_migration(client, email):
    user = make_old_user(email)
    form = {"login": email, "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 200
    respell()
    assert list_emails(user) == [ASCII, ASCII]
    assert client.post("/accounts/login/", form).url == "/"


def test_logs_and_keeps_taken_spelling(caplog):
    taken, other = make_user(email=ASCII), make_old_user(SPELLINGS[0])
    respell()
    assert list_emails(taken) == [ASCII, ASCII]
    assert list_emails(other) == [SPELLINGS[0], SPELLINGS[0]]
    assert f"{SPELLINGS[0]} of user {other.pk} stays as it is: {ASCII} is taken." in caplog.text


def test_keeps_email_of_unconfirmed_account():
    make_user(email=ASCII, confirmed=False)
    other = make_old_user(SPELLINGS[0])
    respell()
    assert list_emails(other) == [SPELLINGS[0], SPELLINGS[0]]


def test_older_account_gets_the_spelling(caplog):
    first, second = make_old_user(SPELLINGS[0]), make_old_user(SPELLINGS[1])
    respell()
    assert list_emails(first) == [ASCII, ASCII]
    assert list_emails(second) == [SPELLINGS[1], SPELLINGS[1]]
    assert str(second.pk) in caplog.text
    assert str(first.pk) not in caplog.text


@pytest.mark.parametrize("email", ["ada@example.org", "j\u00fcrgen@example.org"])
def test_keeps_other_emails(email):
    user = make_old_user(email)
    respell()
    assert list_emails(user) == [email, email]
