"""The pools' figures of the last hour, recorded every ten seconds in a bounded file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import Error

from config.database.monitor.activity import list_slot_holders
from config.database.monitor.replicas import add_pools
from config.database.monitor.status import Overview, PoolStatus, collect_overview
from config.database.render.slots import get_lock_class
from config.lib.journal import Journal

# Seconds.
INTERVAL: Final = 10
SPAN: Final = 3600
# An hour has 360 samples of up to 300 bytes.
MAX_BYTES: Final = 110_000
# Seconds until the figures that come from PostgreSQL are too old to show as current.
MAX_AGE: Final = 3 * INTERVAL


@dataclass(frozen=True)
class PoolSample:
    """The figures of one pool that the plots show; `longest_wait` is in seconds."""

    busy: int
    waiting: int
    longest_wait: float


@dataclass(frozen=True)
class Sample:
    """The pools at a time, in seconds since 1970; a pool that did not answer is missing.

    `abandoned` and `slots` are PostgreSQL's, by pool; empty if it did not answer.
    """

    time: float
    pools: Mapping[str, PoolSample]
    abandoned: Mapping[str, int]
    slots: Mapping[str, int]


def get_journal() -> Journal:
    return Journal(settings.VAR_DIR / "log/pool-samples.jsonl", MAX_BYTES)


def read_samples(now: float) -> list[Sample]:
    """Return the samples of the hour before `now`, oldest first."""
    entries = (entry for entry in get_journal().read() if now - SPAN < entry["time"] <= now)
    return [_parse(entry) for entry in entries]


def record_sample() -> None:
    overview = collect_overview(settings.POOLS, settings.POSTGRES)
    overview = add_pools(overview, settings.READ_POOLS)
    slots = _count_slots() if overview.roles is not None else {}
    get_journal().append(build_entry(overview, slots))


def build_entry(overview: Overview, slots: Mapping[str, int]) -> dict[str, Any]:
    return {
        "time": int(overview.time.timestamp()),
        "pools": {name: _list_figures(pool) for name, pool in overview.pools.items() if pool},
        "abandoned": _count_abandoned(overview),
        "slots": dict(slots),
    }


def _list_figures(pool: PoolStatus) -> list[float]:
    return [pool.in_use, pool.waiting, round(pool.longest_wait, 2)]


def _count_abandoned(overview: Overview) -> dict[str, int]:
    roles = overview.roles or {}
    by_pool = {name: roles.get(server.user) for name, server in settings.POSTGRES.items()}
    return {
        name: role.abandoned
        for name, role in by_pool.items()
        if role and role.abandoned is not None
    }


def _count_slots() -> dict[str, int]:
    try:
        held = [holder.class_ for holder in list_slot_holders()]
    except Error:
        return {}
    return {name: held.count(get_lock_class(policy)) for name, policy in settings.POOLS.items()}


def _parse(entry: dict[str, Any]) -> Sample:
    pools = {name: PoolSample(*figures) for name, figures in entry["pools"].items()}
    return Sample(entry["time"], pools, entry["abandoned"], entry["slots"])
