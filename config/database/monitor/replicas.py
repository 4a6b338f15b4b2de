"""The pools of the replicas, of which only PgBouncer is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from config.database.monitor.status import Overview, list_pools
from config.database.policy import PoolPolicy

# Seconds for each console: one that is frozen must not delay the figures of the others for long.
TIME_LIMIT: Final = 2


def add_pools(overview: Overview, policies: Mapping[str, PoolPolicy]) -> Overview:
    more, errors = list_pools(policies, time_limit=TIME_LIMIT)
    pools, errors = {**overview.pools, **more}, {**overview.errors, **errors}
    return replace(overview, pools=pools, errors=errors)
