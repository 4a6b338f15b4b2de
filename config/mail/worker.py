"""The worker, which claims due mails and starts a process for each delivery."""

from __future__ import annotations

import logging
import time
from collections import Counter
from multiprocessing.connection import wait
from typing import Final

from django.db import DEFAULT_DB_ALIAS, Error, close_old_connections, connections

from config.database.errors import explain, is_unavailable
from config.mail.delivery import Delivery
from config.mail.models import Mail, Outcome

# Concurrent deliveries, so that mails do not wait for those that hang.
MAX_DELIVERIES: Final = 16
# Seconds between two reads of the queue.
POLL_INTERVAL: Final = 1.0
CLEANUP_INTERVAL: Final = 60.0
# Seconds that deliveries get to finish when the worker stops.
STOP_TIMEOUT: Final = 10.0

logger = logging.getLogger(__name__)


class Worker:
    """Only the worker uses the database; only its deliveries talk to the mail server."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.outcomes: list[tuple[Mail, Outcome]] = []
        self.counts: Counter[str] = Counter()
        self.stopping = False
        self.cleaned_up: float | None = None
        self.outage = ""

    def stop(self, *_: object) -> None:
        """Finish the running deliveries and claim no more mails."""
        self.stopping = True

    def run(self) -> None:
        """Send due mails until stopped; survive database outages."""
        while not self.stopping:
            try:
                self.process_queue()
            except Error as error:
                self.handle_outage(error)
            self.wait(POLL_INTERVAL)
        self.shut_down()

    def run_once(self) -> None:
        self.process_queue()
        while self.deliveries and not self.stopping:
            self.wait(POLL_INTERVAL)
            self.process_queue()
        self.shut_down()

    def process_queue(self) -> None:
        close_old_connections()
        # First, so that no mail that was sent is claimed again.
        self.record_outcomes()
        if self.cleaned_up is None or time.monotonic() > self.cleaned_up + CLEANUP_INTERVAL:
            Mail.objects.clean_up()
            self.cleaned_up = time.monotonic()
        if free := MAX_DELIVERIES - len(self.deliveries):
            self.deliveries += [Delivery(mail) for mail in Mail.objects.claim(free)]
        self.outage = ""

    def record_outcomes(self) -> None:
        while self.outcomes:
            mail, outcome = self.outcomes[-1]
            mail.record(outcome)
            self.outcomes.pop()
            self.counts["failed" if outcome.error else "sent"] += 1

    def wait(self, seconds: float) -> None:
        """Wait until a delivery finishes, at most for `seconds`."""
        wait([delivery.receiver for delivery in self.deliveries], seconds)
        for delivery in list(self.deliveries):
            if outcome := delivery.poll():
                self.finish(delivery, outcome)

    def finish(self, delivery: Delivery, outcome: Outcome) -> None:
        self.deliveries.remove(delivery)
        self.outcomes.append((delivery.mail, outcome))

    def shut_down(self) -> None:
        end = time.monotonic() + STOP_TIMEOUT
        while self.deliveries and time.monotonic() < end:
            self.wait(min(POLL_INTERVAL, STOP_TIMEOUT))
        for delivery in list(self.deliveries):
            self.finish(delivery, delivery.abort("the worker was stopped"))
        self.record_outcomes()

    def handle_outage(self, error: Error) -> None:
        """Log an outage once; keep the outcomes until the database returns."""
        if not is_unavailable(error):
            raise error
        connections[DEFAULT_DB_ALIAS].close()
        if not self.outage:
            self.outage = explain(error)
            logger.warning("the queue cannot be read: %s", self.outage)
