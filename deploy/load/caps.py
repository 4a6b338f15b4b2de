"""Whether the caps hold: what PostgreSQL sees of the pools while people are at work."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psycopg
from django.conf import settings

INTERVAL: Final = 0.05  # seconds between two looks
CONNECTIONS: Final = """
    SELECT usename, count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' GROUP BY usename
"""


@dataclass(frozen=True)
class Peak:
    """The most server connections that a pool had at once, and how many it may have."""

    pool: str
    connections: int
    cap: int


class Activity:
    """Looks at pg_stat_activity every 50 ms, around the poolers, until the block's end."""

    def __init__(self) -> None:
        self.looks = 0
        self.complaints: list[str] = []
        self._most: Counter[str] = Counter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def peaks(self) -> list[Peak]:
        return [
            Peak(name, self._most[settings.POSTGRES[name].user], pool.max_connections)
            for name, pool in settings.POOLS.items()
        ]

    def _watch(self) -> None:
        try:
            self._look_until_stopped()
        except psycopg.Error as error:
            self.complaints.append(f"pg_stat_activity was watched no longer: {error}")

    def _look_until_stopped(self) -> None:
        server = settings.POSTGRES["web"]
        with psycopg.connect(
            host=server.host, dbname=server.dbname, user="postgres", autocommit=True
        ) as connection:
            while not self._stop.wait(INTERVAL):
                self._most |= Counter(dict(connection.execute(CONNECTIONS).fetchall()))
                self.looks += 1


def refusals(log: Path) -> int:
    """How often PostgreSQL had no connection left, by its log."""
    with log.open(errors="replace") as lines:
        return sum(" 53300 " in line for line in lines)
