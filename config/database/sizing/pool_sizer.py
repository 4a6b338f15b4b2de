"""Keep one pool of this host at its size."""

from __future__ import annotations

import logging
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Final

from config.database.monitor.console import Console, ConsoleError
from config.database.monitor.kept_console import KeptConsole
from config.database.policy import PoolPolicy
from config.database.sizing.controller import MEMORY, Decision, Look, decide
from config.database.sizing.loads import (
    Counters,
    Interval,
    build_look,
    compare,
    read_counters,
)
from config.database.sizing.split import Claim
from config.database.sizing.state import PoolSize

# Seconds for a login to the console and for each command.
TIME_LIMIT: Final = 2
# Looks over which a transaction's mean time is taken: one has few transactions.
MEAN_OF: Final = 5
# Seconds: a long transaction may keep a surplus connection.
RECONNECT_INTERVAL: Final = 5.0

logger = logging.getLogger(__name__)


class PoolSizer:
    """Looks at the pool's load and sets its size in PgBouncer, up to `share` of the budget.

    Nothing else depends on it: the slots limit what all hosts have, and without a size PgBouncer
    has the policy's.
    """

    def __init__(self, policy: PoolPolicy) -> None:
        self.policy, self.share, self.hosts = policy, policy.starting_size, 1
        self.console = KeptConsole(policy, time_limit=TIME_LIMIT)
        self.looks: deque[Look] = deque()
        self.before: Counters | None = None
        self.intervals: deque[Interval] = deque(maxlen=MEAN_OF)
        self.size, self.reason, self.is_held = policy.starting_size, "the start", False
        self.moved, self.moved_at = time.monotonic(), time.time()
        self.reconnected = self.moved - RECONNECT_INTERVAL
        self.failure = ""

    @property
    def ceiling(self) -> int:
        return min(self.policy.max_connections, self.share)

    def look(self) -> None:
        try:
            self.console.ask(self._look)
            self.failure = ""
        except ConsoleError as error:
            self.before = None
            if not self.failure:
                logger.warning("%s", error)
            self.failure = str(error)

    def make_claim(self, host: str, seconds: float) -> Claim:
        """Return the mean load of the last seconds."""
        since = time.monotonic() - seconds
        recent = [look for look in self.looks if look.time > since]
        busy, waiting = (
            sum(values) / max(1, len(recent))
            for values in ([look.busy for look in recent], [look.waiting for look in recent])
        )
        return Claim(host, self.policy.max_connections, round(busy, 2), round(waiting, 2))

    def describe(self) -> PoolSize:
        last = self.looks[-1] if self.looks else None
        return PoolSize(
            size=self.size,
            ceiling=self.ceiling,
            busy=round(last.busy, 2) if last else 0,
            waiting=last.waiting if last else 0,
            hosts=self.hosts,
            moved=round(self.moved_at, 1),
            reason=self.reason,
            is_held=self.is_held,
        )

    def stop(self) -> None:
        """Give the pool the size that it starts with."""
        with suppress(ConsoleError):  # PgBouncer may have stopped before
            self.console.ask(partial(set_size, size=self.policy.starting_size))
        self.console.close()

    def _look(self, console: Console) -> None:
        counters = read_counters(console)
        self._remember(counters)
        self._move(console, self._decide(), counters)

    def _remember(self, counters: Counters) -> None:
        interval = self.before and compare(self.before, counters)
        self.before = counters
        if interval:
            self.intervals.append(interval)
            self.looks.append(build_look(self.intervals))
            while self.looks[0].time < interval.time - MEMORY:
                self.looks.popleft()

    def _decide(self) -> Decision:
        floor = self.policy.min_connections or self.ceiling
        return decide(
            list(self.looks), self.size, floor=floor, ceiling=self.ceiling, moved=self.moved
        )

    def _move(self, console: Console, decision: Decision, counters: Counters) -> None:
        self.is_held = decision.is_held
        if decision.size != self.size:
            self.moved, self.moved_at = time.monotonic(), time.time()
            self.reason = f"from {self.size}, {decision.reason}"
            self.size = decision.size
        if self.size != counters.size:
            set_size(console, self.size)
        elif counters.servers > self.size:
            self._close_surplus(console)

    def _close_surplus(self, console: Console) -> None:
        """Have PgBouncer replace its connections as they become free.

        By itself it closes only those that it finds idle, and a full pool has none.
        """
        if time.monotonic() >= self.reconnected + RECONNECT_INTERVAL:
            self.reconnected = time.monotonic()
            console.run("RECONNECT")


def set_size(console: Console, size: int) -> None:
    """Set the size until PgBouncer reads its file. 0 would mean no limit."""
    console.run(f"SET default_pool_size = {max(1, size)}")
