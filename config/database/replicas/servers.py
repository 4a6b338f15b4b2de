"""The replicas of this process, and their connections."""

from __future__ import annotations

import logging
import time
from functools import cache
from typing import Any, Final, cast

from django.conf import settings
from django.db import Error, connections

from config.database.backend.base import DatabaseWrapper
from config.database.backend.retry import RetryBudget
from config.database.errors import is_overload, is_unavailable, summarize
from config.database.policy import PoolPolicy
from config.database.replicas.state import PrimaryState, ReplicaState

logger = logging.getLogger(__name__)

# Seconds for a statement: longer than the query wait, so that PgBouncer's error comes first.
READ_LIMIT: Final = 3.0

# The message of a statement that took longer; it then runs on the primary.
READ_TIMEOUT: Final = "timeout expired"

PRIMARY: Final = PrimaryState()


class Replica:
    """A replica: its pool, and what this process knows of it."""

    def __init__(self, pool: PoolPolicy, primary: PrimaryState) -> None:
        self.pool, self.state = pool, ReplicaState(primary)

    @property
    def name(self) -> str:
        return self.pool.name

    def execute(self, sql: Any, params: Any, seconds: float = READ_LIMIT) -> Any:
        """Run a statement that only reads; return the driver's cursor.

        Raise Error. It does not wait for a restart: there is another server to ask.
        """
        connection = cast("DatabaseWrapper", connections[self.pool.alias])
        connection.budget = RetryBudget(0)
        with connection.limit_time(seconds):
            cursor = connection.cursor()
            cursor.execute(sql, params)
        self.state.record_answer(time.monotonic())
        return cursor.cursor

    def is_only_slow(self, error: Error) -> bool:
        """Return whether the replica works, but too slowly for this statement."""
        return is_overload(error) and self.state.is_answering(time.monotonic())

    def blame(self, error: Error) -> None:
        """Do not read from the replica for a while if it, not the statement, has failed."""
        is_slow = READ_TIMEOUT in str(error) and self.state.is_answering(time.monotonic())
        if is_unavailable(error) and not is_slow:
            if self.state.good_looks:
                logger.warning("%s is left: %s", self.name, summarize(error, READ_LIMIT, self.name))
            self.state.record_failure()


@cache
def list_replicas() -> tuple[Replica, ...]:
    return tuple(Replica(pool, PRIMARY) for pool in settings.READ_POOLS.values())


def choose_replica(key: str) -> Replica | None:
    """Return the replica for this key, the same as long as no replica leaves or returns.

    Another one could show an older state than the request before.
    """
    now = time.monotonic()
    usable = [replica for replica in list_replicas() if replica.state.is_usable(now)]
    return usable[sum(key.encode()) % len(usable)] if usable else None
