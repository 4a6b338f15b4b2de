"""Equal cost of sign-ups, so that the time does not reveal whether an e-mail address is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.account.utils import setup_user_email
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from accounts import signup_attempts
from accounts.models import User

# A sign-up with a free e-mail address writes rows that one with a taken address must not write, and
# the other way round. Each therefore also runs the other's statements, without a lasting effect.


@contextmanager
def roll_back() -> Iterator[None]:
    savepoint = transaction.savepoint()
    yield
    transaction.savepoint_rollback(savepoint)


def imitate_taken_email(user: User) -> None:
    """Run the statements that a sign-up with a taken e-mail address runs, after a free one."""
    found = User.objects.filter(email=user.email).first() or user
    signup_attempts.get_state(found)
    with roll_back():
        pass
    User.objects.filter(pk=user.pk).update(password=F("password"))


def imitate_free_email(request: HttpRequest, password: str, user_without_row: User | None) -> None:
    """Write the rows of a new account and roll them back.

    `user_without_row` is an account without an EmailAddress, which it then gets.
    """
    with roll_back():
        user = User(email=f"{uuid4().hex}@free.invalid", password=password)
        user.save(force_insert=True)
        if user_without_row is None:
            add_email_address(request, user)
    if user_without_row:
        add_email_address(request, user_without_row)


def add_email_address(request: HttpRequest, user: User) -> None:
    setup_user_email(request, user, [EmailAddress(email=user.email)])


def imitate_unconfirmed_user(user: User, password: str) -> None:
    User.objects.filter(pk=user.pk).update(password=F("password"))
    user.has_confirmed_email()
    signup_attempts.store_password(user, password)
    EmailAddress.objects.filter(user=user, verified=True).exists()
    for _ in range(2):
        EmailAddress.objects.filter(user=user).order_by("-primary").first()
    User.objects.filter(pk=user.pk).first()
