"""Accounts from before there was one spelling for each address get it."""

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


def stored(email, **overrides):
    """An account, with its confirmed address, as that was written then."""
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


def spellings(user):
    user.refresh_from_db()
    return [user.email, *user.emailaddress_set.values_list("email", flat=True)]


@pytest.mark.parametrize("email", SPELLINGS)
def test_its_person_signs_in_again(client, email):
    user = stored(email)
    form = {"login": email, "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 200
    respell()
    assert spellings(user) == [ASCII, ASCII]
    assert client.post("/accounts/login/", form).url == "/"


def test_an_account_that_somebody_else_has_in_the_one_spelling_stays_and_is_named(caplog):
    taken, other = make_user(email=ASCII), stored(SPELLINGS[0])
    respell()
    assert spellings(taken) == [ASCII, ASCII]
    assert spellings(other) == [SPELLINGS[0], SPELLINGS[0]]
    assert f"{SPELLINGS[0]} of user {other.pk} stays as it is: {ASCII} is taken." in caplog.text


def test_nobody_gets_the_address_of_an_account_that_has_not_confirmed_it():
    make_user(email=ASCII, confirmed=False)
    other = stored(SPELLINGS[0])
    respell()
    assert spellings(other) == [SPELLINGS[0], SPELLINGS[0]]


def test_of_two_spellings_the_older_account_gets_it(caplog):
    first, second = stored(SPELLINGS[0]), stored(SPELLINGS[1])
    respell()
    assert spellings(first) == [ASCII, ASCII]
    assert spellings(second) == [SPELLINGS[1], SPELLINGS[1]]
    assert str(second.pk) in caplog.text
    assert str(first.pk) not in caplog.text


@pytest.mark.parametrize("email", ["ada@example.org", "j\u00fcrgen@example.org"])
def test_others_stay_as_they_are(email):
    user = stored(email)
    respell()
    assert spellings(user) == [email, email]
