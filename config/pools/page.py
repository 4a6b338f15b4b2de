"""What the page of the pools shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from config.database.monitor.status import PoolStatus, list_pools
from config.database.policy import PoolPolicy
from config.database.sizing.state import PoolSize, read_sizes
from config.observe.refusals import read_refusals
from config.pools.middleware import CONSOLE_TIMEOUT, PoolsRequest, ask_consoles
from config.pools.plots import Plot, draw_busy, draw_waiting, find_peaks
from config.pools.samples import MAX_AGE, SPAN, Sample, read_samples

# Rows of the table of the last hour, of five minutes each.
ROWS: Final = 12


@dataclass(frozen=True)
class Row:
    """The highest values of five minutes; None without a sample."""

    start: datetime
    busy: float | None
    waiting: float | None
    longest_wait: float | None


@dataclass(frozen=True)
class PoolView:
    """One pool: its status or the error of its console, PostgreSQL's figures, the last hour.

    `size` says why it has its size, if that changes.
    """

    policy: PoolPolicy
    status: PoolStatus | None
    error: str
    slots: int | None
    slots_in_all: int
    abandoned: int | None
    size: PoolSize | None
    plots: Sequence[Plot]
    rows: Sequence[Row]

    @property
    def name(self) -> str:
        return self.policy.name

    @property
    def is_of_replica(self) -> bool:
        """Return whether it is a replica's; its slots and backends are not on the primary."""
        return self.name in settings.READ_POOLS


def build_context(request: PoolsRequest) -> dict[str, Any]:
    if settings.DATABASE_POOLING == "direct":
        return {"is_direct": True, "refusals": read_refusals()}
    now = timezone.now()
    samples = read_samples(now.timestamp())
    (jobs, jobs_error), (web, web_error) = request.consoles, ask_consoles("web")
    replicas, replica_errors = list_pools(settings.READ_POOLS, time_limit=CONSOLE_TIMEOUT)
    policies = settings.POOLS | settings.READ_POOLS
    pools, errors = web | jobs | replicas, web_error | jobs_error | replica_errors
    views = [
        build_view(policy, pools[name], errors.get(name, ""), samples, now)
        for name, policy in policies.items()
    ]
    return {
        "now": now,
        "pools": views,
        "records": settings.HAPROXY,
        "refusals": read_refusals(),
        "with_numbers": "numbers" in request.GET,
    }


def build_view(
    policy: PoolPolicy,
    status: PoolStatus | None,
    error: str,
    samples: Sequence[Sample],
    now: datetime,
) -> PoolView:
    moment, name = now.timestamp(), policy.name
    newest = samples[-1] if samples and samples[-1].time > moment - MAX_AGE else None
    size = status.pool_size if status else policy.max_connections
    return PoolView(
        policy=policy,
        status=status,
        error=error,
        slots=newest.slots.get(name) if newest else None,
        slots_in_all=policy.slots,
        abandoned=newest.abandoned.get(name) if newest else None,
        size=read_sizes().pools.get(name),
        plots=[draw_busy(samples, name, moment, size), draw_waiting(samples, name, moment)],
        rows=list_rows(samples, name, now),
    )


def list_rows(samples: Sequence[Sample], pool: str, now: datetime) -> list[Row]:
    """Return the rows of the last hour, newest first."""
    moment = now.timestamp()
    columns = [
        find_peaks(samples, pool, moment, lambda figures: figures.busy, ROWS),
        find_peaks(samples, pool, moment, lambda figures: figures.waiting, ROWS),
        find_peaks(samples, pool, moment, lambda figures: figures.longest_wait, ROWS),
    ]
    first = datetime.fromtimestamp(moment - SPAN, UTC)
    starts = [first + timedelta(seconds=SPAN / ROWS * number) for number in range(ROWS)]
    return [Row(*figures) for figures in zip(starts, *columns, strict=True)][::-1]
