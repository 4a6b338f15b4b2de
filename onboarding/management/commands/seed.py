"""Create the first administrator and the experts of a new site."""

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
        "does nothing if there are users."
    )

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        seeding.acquire_lock()
        if User.objects.exists():
            self.stdout.write("seed: there are users already, nothing to do")
            return
        self._create_administrator()
        with seeding.DEFAULT_FILE.open("rb") as source:
            self.stdout.write(f"experts: {seeding.load(read_records(source))}")

    def _create_administrator(self) -> None:
        email, password = settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD
        initial = password or secrets.token_urlsafe(12)
        validate_variable(
            "ADMIN_EMAIL", lambda: User(email=email).clean_fields(exclude=["password"])
        )
        validate_variable("ADMIN_PASSWORD", lambda: validate_password(initial, User(email=email)))
        # The password is in a terminal, a log or a file: it must be changed at the first sign-in.
        User.objects.create_superuser(email=email, password=initial, must_change_password=True)
        note = "as in ADMIN_PASSWORD" if password else f"{initial} (shown only this once)"
        self.stdout.write(f"administrator: {email}, password: {note}")


def validate_variable(variable: str, validate: Callable[[], None]) -> None:
    try:
        validate()
    except ValidationError as error:
        raise CommandError(f"{variable}: {' '.join(error.messages)}") from error
