"""Read what changes the pools' sizes."""

from __future__ import annotations

from collections.abc import Iterator

from config.database.sizing import state
from config.observe.catalogue import Reading


def read_sizes() -> Iterator[Reading]:
    """Yield nothing if the sizes are fixed, or the process that changes them has stopped."""
    for name, size in state.read_sizes().pools.items():
        yield Reading("ai4ceo_pool_ceiling", (name,), size.ceiling)
        yield Reading("ai4ceo_pool_at_ceiling", (name,), size.is_held)
        yield Reading("ai4ceo_pool_hosts", (name,), size.hosts)
