from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import Session


class Command(BaseCommand):
    help = "Deletes the sessions that have expired; run it daily, for instance from cron."

    def handle(self, **options: Any) -> None:
        count, _ = Session.objects.expired().delete()
        self.stdout.write(f"{count} expired sessions deleted.")
