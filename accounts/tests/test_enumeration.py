"""What an answer costs must not tell whether an address has an account."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user
from accounts.tests.work import HashCounter

pytestmark = pytest.mark.django_db

RESET = ("/accounts/password/reset/", {})
SIGN_UP = ("/accounts/signup/", {"password1": PASSWORD})
FORMS = pytest.mark.parametrize("form", [RESET, SIGN_UP], ids=["reset", "sign-up"])


def signed_up():
    """An account as a sign-up leaves it, until the code is given."""
    user = make_user(confirmed=False)
    user.emailaddress_set.create(email=user.email, primary=True)


ACCOUNTS = {
    "confirmed": make_user,
    "not confirmed": signed_up,
    "made without an address": lambda: make_user(confirmed=False),
    "not active": lambda: make_user(is_active=False),
    "neither": lambda: make_user(is_active=False, confirmed=False),
}


def cost(form, address):
    """What is done to which table, how often a password is hashed, how many mails are written."""
    path, data = form
    sent = len(mailbox.deliver_all())
    with CaptureQueriesContext(connection) as captured, HashCounter() as hashes:
        answer = Client().post(path, data | {"email": address})
    assert answer.status_code == 302
    kinds = sorted(kind_of(query["sql"]) for query in captured)
    return kinds, hashes.count, len(mailbox.deliver_all()) - sent


def kind_of(statement):
    if "SAVEPOINT" in statement:
        return re.sub(r'"[^"]*"', "", statement)
    table = re.search(r'(?:FROM|INTO|UPDATE) "(\w+)"', statement)
    return f"{statement.split()[0]} {table[1] if table else ''}"


@FORMS
@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_known_address_costs_the_same_statements_as_an_unknown(form, account):
    ACCOUNTS[account]()
    cost(form, "warm@example.org")
    assert cost(form, "ada@example.org") == cost(form, "bob@example.org")


@FORMS
def test_the_cost_is_seen(form):
    cost(form, "warm@example.org")
    kinds, hashes, mails = cost(form, "bob@example.org")
    assert "INSERT mail_mail" in kinds
    assert (hashes, mails) == (form is SIGN_UP, 1)


def test_a_sign_up_with_a_taken_address_leaves_no_account_of_its_own(django_user_model):
    make_user()
    cost(SIGN_UP, "ada@example.org")
    assert django_user_model.objects.count() == 1
