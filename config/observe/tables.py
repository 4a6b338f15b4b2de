"""Read figures from the site's tables through the jobs pool, outside of scrapes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final, cast

from django.db import DEFAULT_DB_ALIAS, Error, connections

from config.database.backend.base import DatabaseWrapper
from config.database.errors import summarize
from config.observe.catalogue import Reading

INTERVAL: Final = 60.0  # seconds
QUERY_LIMIT: Final = 2.0

logger = logging.getLogger(__name__)


class TableReader:
    """Reads each figure once a minute; the last readings expire with an outage."""

    def __init__(self, queries: Mapping[str, Callable[[], float]]) -> None:
        self.queries = queries
        self.readings: list[Reading] = []
        self._due = time.monotonic()

    def poll(self) -> None:
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + INTERVAL
            self.readings = self._read()

    def _read(self) -> list[Reading]:
        connection = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
        try:
            with connection.limit_time(QUERY_LIMIT):
                return [Reading(name, (), query()) for name, query in self.queries.items()]
        except Error as error:
            logger.warning("the tables cannot be read: %s", summarize(error, QUERY_LIMIT))
            return []
        finally:
            connection.close()
