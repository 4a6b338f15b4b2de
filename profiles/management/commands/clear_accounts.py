from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.observe.jobs import add_rows
from profiles.deletion import delete_account

DAYS: Final = 7


class Command(BaseCommand):
    help = (
        f"Deletes accounts whose email address was not confirmed within {DAYS} days; "
        "run it daily, for example with cron."
    )

    def handle(self, **options: Any) -> None:
        old = User.objects.never_confirmed(timezone.now() - timedelta(days=DAYS))
        keys = list(old.values_list("pk", flat=True))
        count = sum(delete_unconfirmed(key) for key in keys)
        add_rows(count)
        self.stdout.write(f"{count} unconfirmed accounts deleted.")


@transaction.atomic
def delete_unconfirmed(key: Any) -> bool:
    """Delete the account unless its e-mail address has been confirmed meanwhile."""
    user = User.objects.select_for_update().filter(pk=key, last_login=None).first()
    if user is None:
        return False
    # The lock stops confirmations until the end of the transaction.
    if any(address.verified for address in user.emailaddress_set.select_for_update()):
        return False
    delete_account(user)
    return True
