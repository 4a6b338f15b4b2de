"""The process that sizes this host's pools and shares the budget with the other hosts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from typing import Final

from django.db import Error

from config.database.errors import summarize
from config.database.models import LEASE_TIME
from config.database.policy import PoolPolicy
from config.database.sizing import leases
from config.database.sizing.pool_sizer import PoolSizer
from config.database.sizing.split import split
from config.database.sizing.state import Sizes, remove_sizes, write_sizes

# Seconds.
LOOK_INTERVAL: Final = 1.0
LEASE_INTERVAL: Final = 5.0
# Short, as the others act up to LEASE_INTERVAL later.
CLAIM_TIME: Final = 2.0

logger = logging.getLogger(__name__)


class Sizer:
    def __init__(self, host: str, policies: Iterable[PoolPolicy]) -> None:
        self.host = host
        self.pools = {policy.name: PoolSizer(policy) for policy in policies}
        self.is_shared = any(pool.policy.hosts > 1 for pool in self.pools.values())
        self.renewed = self.tried = time.monotonic() - LEASE_INTERVAL
        self.failure = ""

    def run(self, stopped: threading.Event) -> None:
        while not stopped.is_set():
            began = time.monotonic()
            for pool in self.pools.values():
                pool.look()
            if self.is_shared and began >= self.tried + LEASE_INTERVAL:
                self.tried = began
                self.share_budget()
            write_sizes(self.describe())
            stopped.wait(max(0.0, began + LOOK_INTERVAL - time.monotonic()))
        self.stop()

    def describe(self) -> Sizes:
        pools = {name: pool.describe() for name, pool in self.pools.items()}
        failure = f"the leases are out of reach: {self.failure}" if self.failure else ""
        return Sizes(pools=pools, failure=failure)

    def share_budget(self) -> None:
        """Renew the leases and take what the loads of all hosts give to this one.

        While the table is out of reach, keep the last share for as long as the others count this
        host, then take an equal part.
        """
        sizes = {name: pool.size for name, pool in self.pools.items()}
        claims = {name: pool.make_claim(self.host, CLAIM_TIME) for name, pool in self.pools.items()}
        try:
            rows = leases.exchange(self.host, sizes, claims)
        except Error as error:
            self._report(summarize(error, leases.TIME_LIMIT))
            if time.monotonic() > self.renewed + LEASE_TIME:
                for pool in self.pools.values():
                    pool.share = pool.policy.starting_size
            return
        self.failure, self.renewed = "", time.monotonic()
        for name, pool in self.pools.items():
            shares = split(pool.policy.slots, leases.list_claims(rows, name))
            pool.share, pool.hosts = shares[self.host], len(shares)

    def stop(self) -> None:
        for pool in self.pools.values():
            pool.stop()
        remove_sizes()
        if self.is_shared:
            try:
                leases.give_up(self.host)
            except Error as error:
                self._report(summarize(error, leases.TIME_LIMIT))

    def _report(self, failure: str) -> None:
        if not self.failure:
            logger.warning("the leases are out of reach: %s", failure)
        self.failure = failure
