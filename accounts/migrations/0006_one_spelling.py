"""Addresses from before there was one spelling: they would no longer be found."""

import logging

from django.db import migrations

from accounts.email import normalize_email

logger = logging.getLogger("accounts")

# What an address in its one spelling does not have: letters beyond ASCII, a dot at its end.
OTHERWISE = r"[^ -~]|\.$"


def respell(apps, schema_editor):
    """Give each account and each of its addresses the one spelling, where nobody else has it."""
    users = apps.get_model("accounts", "User").objects
    addresses = apps.get_model("account", "EmailAddress").objects
    for user in users.filter(email__regex=OTHERWISE).order_by("date_joined", "pk"):
        _respell(user, user.pk, users, addresses)
    for address in addresses.filter(email__regex=OTHERWISE).order_by("-verified", "pk"):
        _respell(address, address.user_id, users, addresses)


def _respell(row, owner, users, addresses):
    email = normalize_email(row.email)
    if email == row.email:
        return
    rows = type(row).objects
    taken = rows.filter(email=email).exclude(pk=row.pk).exists()
    if (
        taken
        or users.filter(email=email).exclude(pk=owner).exists()
        or addresses.filter(email=email).exclude(user=owner).exists()
    ):
        logger.warning(
            "%s of user %s stays as it is: %s is taken. Decide by hand which one is to stay.",
            row.email,
            owner,
            email,
        )
        return
    rows.filter(pk=row.pk).update(email=email)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_must_change_password"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(respell, migrations.RunPython.noop)]
