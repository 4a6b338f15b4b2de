"""Read how new the replicas are, from samplers of the exporter's own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from config.database.replicas.servers import Replica
from config.observe.catalogue import Reading


def read_replicas(replicas: Iterable[Replica]) -> Iterator[Reading]:
    now = time.monotonic()
    for replica in replicas:
        state, labels = replica.state, (replica.name,)
        yield Reading("ai4ceo_replica_up", labels, int(state.is_answering(now)))
        yield Reading("ai4ceo_replica_usable", labels, int(state.is_usable(now)))
        yield Reading("ai4ceo_replica_lag_seconds", labels, state.get_lag(now))
