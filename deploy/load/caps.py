"""Peaks of server connections during the run, from pg_stat_activity."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from django.conf import settings

from load.background import Background

INTERVAL: Final = 0.05  # seconds between two samples
CONNECTIONS: Final = """
    SELECT usename, count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' GROUP BY usename
"""


@dataclass(frozen=True)
class Peak:
    """A pool's maximum of server connections, and its cap."""

    pool: str
    connections: int
    cap: int


class Activity(Background):
    """Sample pg_stat_activity every 50 ms, bypassing the pools, inside the block."""

    def __init__(self) -> None:
        super().__init__()
        self.samples = 0
        self._most: Counter[str] = Counter()

    def get_peaks(self) -> list[Peak]:
        return [
            Peak(name, self._most[settings.POSTGRES[name].user], pool.max_connections)
            for name, pool in settings.POOLS.items()
        ]

    def work(self) -> None:
        try:
            self._sample_until_stopped()
        except psycopg.Error as error:
            self.errors.append(f"sampling pg_stat_activity failed: {error}")

    def _sample_until_stopped(self) -> None:
        server = settings.POSTGRES["web"]
        with psycopg.connect(
            host=server.host, dbname=server.dbname, user="postgres", autocommit=True
        ) as connection:
            while not self.stopped.wait(INTERVAL):
                self._most |= Counter(dict(connection.execute(CONNECTIONS).fetchall()))
                self.samples += 1


def count_refused(log: Path) -> int:
    """Count the connections that PostgreSQL refused (53300), from its log."""
    with log.open(errors="replace") as lines:
        return sum(" 53300 " in line for line in lines)
