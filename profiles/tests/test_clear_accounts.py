from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from accounts.tests.people import make_admin, make_user
from profiles.management.commands.clear_accounts import delete_unconfirmed

pytestmark = pytest.mark.django_db


def make_account(days, **overrides):
    moment = timezone.now() - timedelta(days=days)
    return make_user(date_joined=moment, **{"confirmed": False} | overrides)


def clear():
    out = StringIO()
    call_command("clear_accounts", stdout=out)
    return out.getvalue()


def test_deletes_unconfirmed_accounts_after_seven_days():
    make_account(7)
    young = make_account(6, email="bob@example.org")
    assert clear() == "1 unconfirmed accounts deleted.\n"
    assert User.objects.get() == young


def test_keeps_confirmed_accounts():
    make_account(400, confirmed=True)
    clear()
    assert User.objects.exists()


@pytest.mark.parametrize("role", ["is_staff", "is_superuser"])
def test_keeps_staff(role):
    make_account(400, **{role: True})
    clear()
    assert User.objects.exists()


def test_keeps_accounts_that_have_signed_in():
    make_account(400, last_login=timezone.now())
    clear()
    assert User.objects.exists()


def test_keeps_accounts_confirmed_concurrently():
    user = make_account(8)
    user.confirm_email()
    assert not delete_unconfirmed(user.pk)
    assert User.objects.exists()


def test_email_can_be_used_again():
    make_account(8)
    clear()
    assert make_admin(email="ada@example.org").has_confirmed_email()
