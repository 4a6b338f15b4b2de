"""Delete accounts with all their data in the database and in storage."""

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
DELETED_USER: Final = "a deleted user"
# Around an e-mail address that is not a part of a longer one.
BEFORE: Final = r"(?<![\w.!#$%&'*+/=?^`{|}~-])"
AFTER: Final = r"(?![\w-]|\.\w)"


@transaction.atomic
def delete_account(user: User) -> None:
    """Delete the user and all their data. Raises ValidationError for the last administrator."""
    user.check_can_leave()
    _delete_data([user])
    user.delete()


@transaction.atomic
def delete_accounts(users: QuerySet[User]) -> None:
    for administrator in users.filter(is_superuser=True):
        delete_account(administrator)
    others = list(users.filter(is_superuser=False))
    for batch in (others[i : i + BATCH_SIZE] for i in range(0, len(others), BATCH_SIZE)):
        rows = User.objects.filter(pk__in=[user.pk for user in batch])
        list(rows.select_for_update().order_by("pk").values_list("pk"))
        _delete_data(batch)
        rows.delete()


def _delete_data(users: list[User]) -> None:
    emails = _list_emails(users)
    _anonymize_history(users, emails)
    Mail.objects.filter(recipient__in=emails).delete()
    delete_for_good(File.objects.filter(user__in=users))
    avatars = Profile.objects.filter(pk__in=users).exclude(avatar=None)
    if keys := list(avatars.values_list("avatar_id", flat=True)):
        objects.mark_unused([key for key in keys if key])


def _anonymize_history(users: list[User], emails: set[str]) -> None:
    named = f"{BEFORE}({'|'.join(map(re.escape, sorted(emails)))}){AFTER}"
    entries = LogEntry.objects.filter(change_message__iregex=named)
    entries.update(change_message="")
    entries = LogEntry.objects.filter(_build_history_filter(users) | Q(object_repr__iregex=named))
    entries.update(object_id=None, object_repr=DELETED_USER)


def _list_emails(users: list[User]) -> set[str]:
    rows = EmailAddress.objects.filter(user__in=users)
    return {*(user.email for user in users), *rows.values_list("email", flat=True)}


def _build_history_filter(users: list[User]) -> Q:
    """Match entries about the users and their rows.

    A row's key is the user's, begins with it, or is looked up in the row's own table.
    """
    keys = "|".join(str(user.pk) for user in users)
    about = Q(object_id__regex=f"^({keys})(/|$)")
    files, sessions = File.objects.filter(user__in=users), Session.objects.filter(user__in=users)
    querysets: list[QuerySet[Any]] = [files, sessions, EmailAddress.objects.filter(user__in=users)]
    for rows in querysets:
        kind = ContentType.objects.get_for_model(rows.model)
        about |= Q(content_type=kind, object_id__in=rows.values(text=Cast("pk", TextField())))
    return about
