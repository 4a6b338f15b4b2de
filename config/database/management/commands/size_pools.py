from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.database.sizing.sizer import Sizer


class Command(BaseCommand):
    help = "Sizes this host's pools by their load and the other hosts' until it is stopped."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASE_POOLING == "direct":
            raise CommandError("there is no PgBouncer: DATABASE_POOLING=direct.")
        policies = [
            policy
            for policy in (*settings.POOLS.values(), *settings.READ_POOLS.values())
            if policy.is_sized
        ]
        if not policies:
            raise CommandError(
                "the pools have a fixed size: set HOSTS above 1, or POOL_WEB_MIN or POOL_JOBS_MIN."
            )
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        Sizer(settings.HOST_NAME, policies).run(stopped)
