"""Normalize stored e-mail addresses, which lookups would no longer find."""

import logging

from django.db import migrations

from accounts.email import normalize_email

logger = logging.getLogger("accounts")

# Normalized e-mail addresses have only ASCII characters and no trailing dot.
NOT_NORMALIZED = r"[^ -~]|\.$"


def respell(apps, schema_editor):
    """Normalize the e-mail addresses that no other account has in that spelling."""
    users = apps.get_model("accounts", "User").objects
    addresses = apps.get_model("account", "EmailAddress").objects
    for user in users.filter(email__regex=NOT_NORMALIZED).order_by("date_joined", "pk"):
        _respell(user, user.pk, users, addresses)
    for address in addresses.filter(email__regex=NOT_NORMALIZED).order_by("-verified", "pk"):
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
            "%s of user %s stays as it is: %s is taken. Decide by hand which account keeps it.",
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
