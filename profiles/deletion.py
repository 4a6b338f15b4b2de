"""The end of an account: nothing of the person stays, neither in the database nor in storage."""

from __future__ import annotations

import re
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.models import Session, User
from config.mail.models import Mail
from files import objects
from files.models import File
from files.trash import delete_for_good
from profiles.models import Profile

BATCH_SIZE: Final = 100
DELETED_USER: Final = "a deleted person"
# What comes before or after an address where it is but a part of a longer one.
BEFORE: Final = r"(?<![\w.!#$%&'*+/=?^`{|}~-])"
AFTER: Final = r"(?![\w-]|\.\w)"


@transaction.atomic
def delete_account(user: User) -> None:
    """Delete the person and all that is theirs; ValidationError for the last administrator."""
    user.check_can_leave()
    _delete_belongings([user])
    user.delete()


@transaction.atomic
def delete_accounts(users: QuerySet[User]) -> None:
    """The same for many, by a few statements for each hundred."""
    for administrator in users.filter(is_superuser=True):
        delete_account(administrator)
    others = list(users.filter(is_superuser=False))
    for some in (others[i : i + BATCH_SIZE] for i in range(0, len(others), BATCH_SIZE)):
        rows = User.objects.filter(pk__in=[user.pk for user in some])
        list(rows.select_for_update().order_by("pk").values_list("pk"))
        _delete_belongings(some)
        rows.delete()


def _delete_belongings(users: list[User]) -> None:
    addresses = _list_emails(users)
    _anonymize_history(users, addresses)
    Mail.objects.filter(recipient__in=addresses).delete()
    delete_for_good(File.objects.filter(user__in=users))
    avatars = Profile.objects.filter(pk__in=users).exclude(avatar=None)
    if keys := list(avatars.values_list("avatar_id", flat=True)):
        objects.mark_unused([key for key in keys if key])


def _anonymize_history(users: list[User], addresses: set[str]) -> None:
    """What administrators did stays in their history, without the name of whom they did it to."""
    named = f"{BEFORE}({'|'.join(map(re.escape, sorted(addresses)))}){AFTER}"
    entries = LogEntry.objects.filter(change_message__iregex=named)
    entries.update(change_message="")
    entries = LogEntry.objects.filter(_build_history_filter(users) | Q(object_repr__iregex=named))
    entries.update(object_id=None, object_repr=DELETED_USER)


def _list_emails(users: list[User]) -> set[str]:
    rows = EmailAddress.objects.filter(user__in=users)
    return {*(user.email for user in users), *rows.values_list("email", flat=True)}


def _build_history_filter(users: list[User]) -> Q:
    """The entries about the people and what is theirs: rows with a key that is a person's, or
    begins with it, and others by their own."""
    keys = "|".join(str(user.pk) for user in users)
    about = Q(object_id__regex=f"^({keys})(/|$)")
    files, sessions = File.objects.filter(user__in=users), Session.objects.filter(user__in=users)
    theirs: list[QuerySet[Any]] = [files, sessions, EmailAddress.objects.filter(user__in=users)]
    for rows in theirs:
        kind = ContentType.objects.get_for_model(rows.model)
        about |= Q(content_type=kind, object_id__in=rows.values(text=Cast("pk", TextField())))
    return about
