from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from accounts.tests.people import make_admin, make_user
from profiles.management.commands.clear_accounts import delete_unconfirmed

pytestmark = pytest.mark.django_db


def joined(days, **overrides):
    moment = timezone.now() - timedelta(days=days)
    return make_user(date_joined=moment, **{"confirmed": False} | overrides)


def clear():
    out = StringIO()
    call_command("clear_accounts", stdout=out)
    return out.getvalue()


def test_deletes_unconfirmed_accounts_after_seven_days():
    joined(7)
    young = joined(6, email="bob@example.org")
    assert clear() == "1 unconfirmed accounts deleted.\n"
    assert User.objects.get() == young


def test_keeps_confirmed_accounts():
    joined(400, confirmed=True)
    clear()
    assert User.objects.exists()


@pytest.mark.parametrize("role", ["is_staff", "is_superuser"])
def test_keeps_staff(role):
    joined(400, **{role: True})
    clear()
    assert User.objects.exists()


def test_keeps_accounts_that_have_signed_in():
    joined(400, last_login=timezone.now())
    clear()
    assert User.objects.exists()


def test_keeps_accounts_confirmed_concurrently():
    user = joined(8)
    user.confirm_email()
    assert not delete_unconfirmed(user.pk)
    assert User.objects.exists()


def test_email_can_be_used_again():
    joined(8)
    clear()
    assert make_admin(email="ada@example.org").has_confirmed_email()
