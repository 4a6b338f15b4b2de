"""Sign-ups with an e-mail address that already has an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.auth.hashers import check_password
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User

# The right password leads an unconfirmed account to the code page. So must the password of a
# sign-up with a taken e-mail address, or signing in would reveal whether that address was free.
# Until the code is entered, anyone may sign up with the address: the latest password leads to the
# code page, and the account gets the password of the browser that enters the code.

SESSION_ENTRY: Final = "accounts_chosen_password"
# As long as an account may stay unconfirmed.
ATTEMPT_LIFETIME: Final = timedelta(days=7)


def get_state(user: User) -> tuple[bool, bool]:
    """Return whether one may sign up with the e-mail address again, and whether it has a row.

    Always one statement.
    """
    addresses = list(user.emailaddress_set.all())
    confirmed = any(address.email == user.email and address.verified for address in addresses)
    new = user.is_active and user.last_login is None and not user.is_staff
    return new and not confirmed, bool(addresses)


def store_password(user: User, password: str) -> None:
    User.objects.filter(pk=user.pk).update(tried_password=password, tried_at=Now())


def matches_password(user: User, password: str) -> bool:
    """Return whether a recent sign-up had this password.

    Costs the same for confirmed and unconfirmed users, so that the time reveals nothing.
    """
    if user.tried_at is None or user.tried_at < timezone.now() - ATTEMPT_LIFETIME:
        return False
    return check_password(password, user.tried_password)


def remember_password(request: HttpRequest, user: User) -> None:
    """Keep the password in this browser's session, to be set once the code is entered there."""
    request.session[SESSION_ENTRY] = [str(user.pk), user.password]
    store_password(user, user.password)


def forget_password(request: HttpRequest) -> None:
    request.session.pop(SESSION_ENTRY, None)


def apply_password(request: HttpRequest, user: User) -> None:
    pk, password = request.session.pop(SESSION_ENTRY, None) or ("", "")
    if pk == str(user.pk) and password != user.password:
        user.password = password
        user.save(update_fields=["password"])
