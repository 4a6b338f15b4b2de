"""The cost of a response must not reveal whether an e-mail address has an account."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user
from accounts.tests.responses import HashCounter

pytestmark = pytest.mark.django_db

RESET = ("/accounts/password/reset/", {})
SIGN_UP = ("/accounts/signup/", {"password1": PASSWORD})
FORMS = pytest.mark.parametrize("form", [RESET, SIGN_UP], ids=["reset", "sign-up"])


def make_unconfirmed():
    """Create an account as a sign-up leaves it."""
    user = make_user(confirmed=False)
    user.emailaddress_set.create(email=user.email, primary=True)


ACCOUNTS = {
    "confirmed": make_user,
    "not confirmed": make_unconfirmed,
    "without EmailAddress": lambda: make_user(confirmed=False),
    "not active": lambda: make_user(is_active=False),
    "not active, not confirmed": lambda: make_user(is_active=False, confirmed=False),
}


def measure(form, email):
    """Return the kinds of statements and the numbers of hashes and mails."""
    path, data = form
    sent = len(mailbox.deliver_all())
    with CaptureQueriesContext(connection) as captured, HashCounter() as hashes:
        response = Client().post(path, data | {"email": email})
    assert response.status_code == 302
    kinds = sorted(get_kind(query["sql"]) for query in captured)
    return kinds, hashes.count, len(mailbox.deliver_all()) - sent


def get_kind(statement):
    if "SAVEPOINT" in statement:
        return re.sub(r'"[^"]*"', "", statement)
    table = re.search(r'(?:FROM|INTO|UPDATE) "(\w+)"', statement)
    return f"{statement.split()[0]} {table[1] if table else ''}"


@FORMS
@pytest.mark.parametrize("account", ACCOUNTS)
def test_known_and_unknown_email_run_the_same_statements(form, account):
    ACCOUNTS[account]()
    measure(form, "warm@example.org")
    assert measure(form, "ada@example.org") == measure(form, "bob@example.org")


@FORMS
def test_measures_statements_hashes_and_mails(form):
    measure(form, "warm@example.org")
    kinds, hashes, mails = measure(form, "bob@example.org")
    assert "INSERT mail_mail" in kinds
    assert (hashes, mails) == (form is SIGN_UP, 1)


def test_sign_up_with_taken_email_creates_no_account(django_user_model):
    make_user()
    measure(SIGN_UP, "ada@example.org")
    assert django_user_model.objects.count() == 1
