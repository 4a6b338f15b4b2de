"""The end of an account: nothing of the person stays, neither in the database nor in storage."""

from __future__ import annotations

import re
from typing import Final

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from accounts.models import User
from config.mail.models import Mail
from files import objects
from files.trash import delete_for_good
from profiles.models import Profile

FORGOTTEN: Final = "a deleted person"
# What comes before or after an address where it is but a part of a longer one.
BEFORE: Final = r"(?<![\w.!#$%&'*+/=?^`{|}~-])"
AFTER: Final = r"(?![\w-]|\.\w)"


@transaction.atomic
def delete_account(user: User) -> None:
    """Delete the person and all that is theirs; ValidationError for the last administrator."""
    user.check_can_leave()
    _forget_in_history(user)
    Mail.objects.filter(recipient__in=_addresses(user)).delete()
    delete_for_good(user.files.all())
    if avatar := Profile.of(user).avatar_id:
        objects.discard([avatar])
    user.delete()


def _forget_in_history(user: User) -> None:
    """What administrators did stays in their history, without the name of whom they did it to."""
    addresses = "|".join(re.escape(address) for address in _addresses(user))
    named = f"{BEFORE}({addresses}){AFTER}"
    entries = LogEntry.objects.filter(change_message__iregex=named)
    entries.update(change_message="")
    entries = LogEntry.objects.filter(_about(user) | Q(object_repr__iregex=named))
    entries.update(object_id=None, object_repr=FORGOTTEN)


def _addresses(user: User) -> set[str]:
    return {user.email, *user.emailaddress_set.values_list("email", flat=True)}


def _about(user: User) -> Q:
    """The entries about the person and what is theirs: rows with a key that is the person's, or
    begins with it, and others by their own."""
    about = Q(object_id=str(user.pk)) | Q(object_id__startswith=f"{user.pk}/")
    for rows in (user.files, user.sessions, user.emailaddress_set):
        kind = ContentType.objects.get_for_model(rows.model)
        keys = rows.values(text=Cast("pk", TextField()))
        about |= Q(content_type=kind, object_id__in=keys)
    return about
