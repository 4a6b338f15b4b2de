"""Measure a pool's load from its PgBouncer's counters."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from config.database.monitor.console import ADMIN_DATABASE, Console
from config.database.sizing.controller import Look

# Transactions that make a mean.
ENOUGH: Final = 10
SERVER_STATES: Final = ("active", "idle", "used", "tested", "login")


@dataclass(frozen=True)
class Counters:
    """Sums since PgBouncer's start (seconds, transactions), and the state at `time`."""

    time: float
    in_transaction: float
    transactions: int
    waited: float
    active: int
    servers: int
    waiting: int
    longest_wait: float
    size: int

    @property
    def in_flight(self) -> int:
        return self.active + self.waiting


def read_counters(console: Console) -> Counters:
    totals = _select(console.show("STATS_TOTALS"))
    pools = _select(console.show("POOLS"))
    return Counters(
        time=time.monotonic(),
        in_transaction=_sum(totals, "xact_time") / 1e6,
        transactions=_sum(totals, "xact_count"),
        waited=_sum(totals, "wait_time") / 1e6,
        active=_sum(pools, "sv_active"),
        servers=sum(_sum(pools, f"sv_{state}") for state in SERVER_STATES),
        waiting=_sum(pools, "cl_waiting"),
        longest_wait=max((row["maxwait"] + row["maxwait_us"] / 1e6 for row in pools), default=0.0),
        size=int(console.get_entry()["pool_size"]),
    )


@dataclass(frozen=True)
class Interval:
    """A pool's load between two readings.

    `worked` are the seconds that its connections spent in transactions, None if unknown, and
    `ended` the transactions that ended meanwhile.
    """

    time: float
    busy: float
    waiting: int
    wait: float
    worked: float | None
    ended: int


def compare(before: Counters, now: Counters) -> Interval | None:
    """Return the load between two readings; None if PgBouncer was restarted between them."""
    seconds, waited = now.time - before.time, now.waited - before.waited
    begun = now.transactions - before.transactions
    if seconds <= 0 or waited < 0 or begun < 0:
        return None
    worked = _get_worked(before, now)
    mean = 0.0 if worked is None else min(worked / seconds, max(before.size, now.size))
    return Interval(
        time=now.time,
        # A transaction's time is counted at its end: a long one is an active connection till then.
        busy=max(mean, min(before.active, now.active)),
        waiting=now.waiting,
        wait=max(now.longest_wait, waited / begun if begun else 0.0),
        worked=worked,
        ended=max(0, begun - (now.in_flight - before.in_flight)),
    )


def _get_worked(before: Counters, now: Counters) -> float | None:
    """Return the seconds in transactions.

    PgBouncer's sum includes the wait before a transaction. While clients queue, all connections
    work; when a queue begins or ends, only the next interval tells.
    """
    if before.waiting and now.waiting:
        return (before.active + now.active) / 2 * (now.time - before.time)
    if before.waiting or now.waiting:
        return None
    in_transaction = now.in_transaction - before.in_transaction
    return max(0.0, in_transaction - (now.waited - before.waited))


def build_look(intervals: Sequence[Interval]) -> Look:
    """Return the last interval's figures, with a transaction's mean time over all of them."""
    last, known = intervals[-1], [one for one in intervals if one.worked is not None]
    worked, ended = sum(one.worked or 0 for one in known), sum(one.ended for one in known)
    mean = worked / ended if worked and ended >= ENOUGH else None
    return Look(last.time, last.busy, last.waiting, last.wait, mean)


def _select(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["database"] != ADMIN_DATABASE]


def _sum(rows: list[dict[str, Any]], column: str) -> int:
    return sum(int(row[column]) for row in rows)
