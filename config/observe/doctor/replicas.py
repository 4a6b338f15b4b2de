"""The replicas: whether they answer, are set up, and follow the primary."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.db import Error

from config.database.checks.replicas import (
    check_replica,
    get_primary_connections,
    get_replica_facts,
)
from config.database.errors import explain
from config.database.policy import PoolPolicy
from config.database.replicas.sampler import ask_primary, look
from config.database.replicas.servers import Replica
from config.database.replicas.state import MAX_LAG, PrimaryState
from config.observe.doctor.probe import Problem

PAUSE: Final = 0.1  # seconds
CHECK: Final = (
    "Start the replica, or remove it from POSTGRES_READ_URL and run `deploy/down`, then "
    "`deploy/up`; see docs/replicas.md."
)
FOLLOW: Final = (
    "Look at pg_stat_replication on the primary, and at the replica's log; the site reads from the "
    "primary meanwhile."
)


def find_replica_problems() -> Iterator[Problem]:
    if not settings.READ_POOLS:
        return
    primary_connections = find_primary_connections()
    for pool in settings.READ_POOLS.values():
        try:
            facts = get_replica_facts(pool, primary_connections)
        except Error as error:
            yield Problem(f"the replica {pool.name} does not answer: {explain(error)}", CHECK)
            continue
        for message in check_replica(facts, pool):
            yield Problem(f"{message.id}: {message.msg}", message.hint or CHECK)
        if facts.in_recovery and not follows_primary(pool):
            yield Problem(f"the replica {pool.name} lags by more than {MAX_LAG:g} s", FOLLOW)


def find_primary_connections() -> int | None:
    """Return the primary's max_connections; None if it is away, which other parts tell."""
    try:
        return get_primary_connections()
    except Error:
        return None


def follows_primary(pool: PoolPolicy) -> bool:
    """Return whether the replica gets within MAX_LAG to where the primary is now."""
    replica = Replica(pool, PrimaryState())
    state, end = replica.state, time.monotonic() + MAX_LAG
    ask_primary(state.primary)
    while True:
        look(replica)
        if state.answered > 0 and state.position >= state.primary.latest:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(PAUSE)
