"""The end of an account: nothing of the person stays, neither in the database nor in storage."""

from __future__ import annotations

from typing import Final

from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from files import objects
from files.trash import delete_for_good
from profiles.models import Profile

LAST_ADMINISTRATOR: Final = (
    "You are the last administrator: nobody could look after the site any more. "
    "Make somebody else one first."
)
FORGOTTEN: Final = "a deleted person"


def is_last_administrator(user: User) -> bool:
    """Whether nobody else is an active superuser; no statement for who is none."""
    if not (user.is_superuser and user.is_active):
        return False
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    return not others.exists()


@transaction.atomic
def delete_account(user: User) -> None:
    """Delete the person and all that is theirs; ValidationError for the last administrator."""
    _lock(user)
    if is_last_administrator(user):
        raise ValidationError(LAST_ADMINISTRATOR, "last_administrator")
    delete_for_good(user.files.all())
    if avatar := Profile.of(user).avatar_id:
        objects.discard([avatar])
    _forget_in_history(user)
    user.delete()


def _lock(user: User) -> None:
    """Wait for the person's other requests; two last administrators wait for one another."""
    rows = User.objects.select_for_update().order_by("pk").values_list("pk")
    both = Q(pk=user.pk) | Q(is_superuser=True) if user.is_superuser else Q(pk=user.pk)
    list(rows.filter(both))


def _forget_in_history(user: User) -> None:
    """What administrators did stays in their history, without the name of whom they did it to."""
    about = (
        Q(object_id=str(user.pk))
        | Q(object_id__startswith=f"{user.pk}/")
        | Q(object_repr__startswith=f"{user.email} since ")
    )
    LogEntry.objects.filter(about).update(object_id=None, object_repr=FORGOTTEN)
