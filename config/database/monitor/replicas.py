"""The pools of the replicas, of which only PgBouncer is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from config.database.monitor.status import Overview, list_pools
from config.database.policy import PoolPolicy


def add_pools(overview: Overview, policies: Mapping[str, PoolPolicy]) -> Overview:
    more, errors = list_pools(policies)
    pools, errors = {**overview.pools, **more}, {**overview.errors, **errors}
    return replace(overview, pools=pools, errors=errors)
