"""The worker: takes mails that are due, and has each delivered in a process of its own.

It is the only one to talk to the database, for a statement at a time, and never to a mail server.
"""

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

# How many mails are on their way at once: as long as some hang, others do not wait for them.
PLACES: Final = 16
# Seconds between two looks into the queue.
POLL: Final = 1.0
TIDY: Final = 60.0
# Seconds that deliveries get to end when the worker is stopped.
FAREWELL: Final = 10.0

logger = logging.getLogger(__name__)


class Worker:
    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.outcomes: list[tuple[Mail, Outcome]] = []
        self.counts: Counter[str] = Counter()
        self.stopping = False
        self.tidied: float | None = None
        self.outage = ""

    def stop(self, *_: object) -> None:
        """Finish what is being sent, take nothing more."""
        self.stopping = True

    def run(self) -> None:
        """Send what is due, until stopped, whatever the database does meanwhile."""
        while not self.stopping:
            try:
                self.turn()
            except Error as error:
                self.outlast(error)
            self.wait(POLL)
        self.leave()

    def run_once(self) -> None:
        """Send what is due, until nothing is."""
        self.turn()
        while self.deliveries and not self.stopping:
            self.wait(POLL)
            self.turn()
        self.leave()

    def turn(self) -> None:
        """All that concerns the database. What was sent is noted before anything is taken."""
        close_old_connections()
        self.note()
        if self.tidied is None or time.monotonic() > self.tidied + TIDY:
            Mail.objects.tidy()
            self.tidied = time.monotonic()
        if places := PLACES - len(self.deliveries):
            self.deliveries += [Delivery(mail) for mail in Mail.objects.claim(places)]
        self.outage = ""

    def note(self) -> None:
        while self.outcomes:
            mail, outcome = self.outcomes[-1]
            mail.record(outcome)
            self.outcomes.pop()
            self.counts["failed" if outcome.error else "sent"] += 1

    def wait(self, seconds: float) -> None:
        """Until a delivery has ended, at most for so long."""
        wait([delivery.answer for delivery in self.deliveries], seconds)
        for delivery in list(self.deliveries):
            if outcome := delivery.outcome():
                self.end(delivery, outcome)

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        self.deliveries.remove(delivery)
        self.outcomes.append((delivery.mail, outcome))

    def leave(self) -> None:
        end = time.monotonic() + FAREWELL
        while self.deliveries and time.monotonic() < end:
            self.wait(min(POLL, FAREWELL))
        for delivery in list(self.deliveries):
            self.end(delivery, delivery.break_off("the worker was stopped"))
        self.note()

    def outlast(self, error: Error) -> None:
        """Say once that the database is away; the outcomes wait for its return."""
        if not is_unavailable(error):
            raise error
        connections[DEFAULT_DB_ALIAS].close()
        if not self.outage:
            self.outage = explain(error)
            logger.warning("the queue cannot be read: %s", self.outage)
