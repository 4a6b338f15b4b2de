"""What a sign-up costs, the same whether its address is free or taken.

Time tells strangers apart what the page does not. A free address makes rows that a taken one must
not make, and the code for a taken one is sent without looking its person up: so each of them runs
the statements of the other as well, on rows that stay as they were.
"""

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


@contextmanager
def taken_back() -> Iterator[None]:
    """Undo what is written meanwhile, in the transaction that is open."""
    savepoint = transaction.savepoint()
    yield
    transaction.savepoint_rollback(savepoint)


def as_if_taken(user: User) -> None:
    """What `as_if_free` and a look at the address cost, for the new account of a free one."""
    found = User.objects.filter(email=user.email).first() or user
    signup_attempts.state_of(found)
    with taken_back():
        pass
    User.objects.filter(pk=user.pk).update(password=F("password"))


def as_if_free(request: HttpRequest, password: str, nameless: User | None) -> None:
    """The rows of a new account, taken back.

    `nameless` is an account whose address has no row yet, which then gets it.
    """
    with taken_back():
        user = User(email=f"{uuid4().hex}@free.invalid", password=password)
        user.save(force_insert=True)
        if nameless is None:
            add_address(request, user)
    if nameless:
        add_address(request, nameless)


def add_address(request: HttpRequest, user: User) -> None:
    setup_user_email(request, user, [EmailAddress(email=user.email)])


def as_if_unconfirmed(user: User, password: str) -> None:
    """What the way to the page for the code costs, for an account that does not get there."""
    User.objects.filter(pk=user.pk).update(password=F("password"))
    user.has_confirmed_email()
    signup_attempts.note(user, password)
    EmailAddress.objects.filter(user=user, verified=True).exists()
    for _ in range(2):
        EmailAddress.objects.filter(user=user).order_by("-primary").first()
    User.objects.filter(pk=user.pk).first()
