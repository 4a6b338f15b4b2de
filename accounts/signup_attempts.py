"""Sign-ups with an address that has an account already, confirmed or not.

Who gives the right password before the address is confirmed goes on to the page for the code. A
stranger could tell by that whether an address was free when he signed up with it. The password of
a sign-up with a taken address therefore leads to that page as well, where no code will be right.

Until the code is given anybody may sign up with the address, and the latest password is the one
that leads to the page. The account gets the one of the browser that has the code.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.auth.hashers import check_password
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User

CHOSEN: Final = "accounts_chosen_password"
# As long as an account may stay without a confirmed address.
REMEMBERED: Final = timedelta(days=7)


def state_of(user: User) -> tuple[bool, bool]:
    """Whether anybody may sign up with the address again, and whether it has a row of its own.

    One statement, for whomever.
    """
    addresses = list(user.emailaddress_set.all())
    confirmed = any(address.email == user.email and address.verified for address in addresses)
    new = user.is_active and user.last_login is None and not user.is_staff
    return new and not confirmed, bool(addresses)


def note(user: User, password: str) -> None:
    """Remember the password, hashed, of a sign-up with this person's address."""
    User.objects.filter(pk=user.pk).update(tried_password=password, tried_at=Now())


def matches(user: User, password: str) -> bool:
    """Whether a sign-up of these days had this password; for a confirmed address or not, this
    costs the same, so that the time does not tell them apart."""
    if user.tried_at is None or user.tried_at < timezone.now() - REMEMBERED:
        return False
    return check_password(password, user.tried_password)


def choose(request: HttpRequest, user: User) -> None:
    """Have this browser's code set the password that was given in this browser."""
    request.session[CHOSEN] = [str(user.pk), user.password]
    note(user, user.password)


def forget(request: HttpRequest) -> None:
    request.session.pop(CHOSEN, None)


def settle(request: HttpRequest, user: User) -> None:
    """Give the account, now that the code was right, the password that was chosen with it."""
    pk, password = request.session.pop(CHOSEN, None) or ("", "")
    if pk == str(user.pk) and password != user.password:
        user.password = password
        user.save(update_fields=["password"])
