from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.models import Act, Session
from config.observe.jobs import add_rows


class Command(BaseCommand):
    help = "Deletes expired sessions. Run it daily, for example from cron."

    def handle(self, **options: Any) -> None:
        count, _ = Session.objects.expired().delete()
        add_rows(count)
        Act.objects.filter(expires_at__lte=timezone.now()).delete()
        self.stdout.write(f"{count} expired sessions deleted.")
