from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.mail.worker import Worker


class Command(BaseCommand):
    help = "Sends queued mail until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send the due mails, then exit")

    def handle(self, *, once: bool, **options: Any) -> None:
        worker = Worker()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, worker.stop)
        if once:
            worker.run_once()
            sent, failed = worker.counts["sent"], worker.counts["failed"]
            self.stdout.write(f"{sent} sent, {failed} attempts failed.")
        else:
            worker.run()
