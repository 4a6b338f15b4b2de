"""What a new site starts with: its first administrator and the experts."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from onboarding import seeding
from onboarding.catalogue import read_records


class Command(BaseCommand):
    help = (
        "Creates the first administrator (ADMIN_EMAIL, ADMIN_PASSWORD) and the experts; "
        "does nothing where users exist."
    )

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        seeding.acquire_lock()
        if User.objects.exists():
            self.stdout.write("seed: users exist already, nothing to do")
            return
        self._create_administrator()
        with seeding.DEFAULT_FILE.open("rb") as source:
            self.stdout.write(f"experts: {seeding.load(read_records(source))}")

    def _create_administrator(self) -> None:
        email, password = settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD
        shown = password or secrets.token_urlsafe(12)
        validate_variable(
            "ADMIN_EMAIL", lambda: User(email=email).clean_fields(exclude=["password"])
        )
        validate_variable("ADMIN_PASSWORD", lambda: validate_password(shown, User(email=email)))
        # It stands in a terminal, a log or a file: it opens nothing but the page to change it.
        User.objects.create_superuser(email=email, password=shown, must_change_password=True)
        note = "as in ADMIN_PASSWORD" if password else f"{shown} (shown only this once)"
        self.stdout.write(f"administrator: {email}, password: {note}")


def validate_variable(variable: str, validate: Callable[[], None]) -> None:
    try:
        validate()
    except ValidationError as error:
        raise CommandError(f"{variable}: {' '.join(error.messages)}") from error
