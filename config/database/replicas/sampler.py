"""Look at the primary's and a replica's positions, for as long as the process runs."""

from __future__ import annotations

import logging
import threading
import time
from typing import Final, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections

from config.database.backend.base import DatabaseWrapper
from config.database.replicas.reading import POSITION
from config.database.replicas.servers import Replica, list_replicas
from config.database.replicas.state import (
    GOOD_LOOKS,
    PrimaryState,
    parse_position,
    skip_page_header,
)

logger = logging.getLogger(__name__)

# Seconds between two looks, and for each of a look's two statements.
INTERVAL: Final = 0.5
LOOK_LIMIT: Final = 1.0

PRIMARY_POSITIONS: Final = (
    "SELECT pg_current_wal_flush_lsn()::text, pg_current_wal_insert_lsn()::text"
)
REPLICA_POSITION: Final = f"SELECT {POSITION}::text"


class Sampler(threading.Thread):
    """Ends with its process. Each look costs a statement on either server."""

    def __init__(self, replica: Replica) -> None:
        super().__init__(name=f"{replica.name} sampler", daemon=True)
        self.replica = replica

    def run(self) -> None:
        while True:
            ask_primary(self.replica.state.primary)
            look(self.replica)
            time.sleep(INTERVAL)


def start_samplers() -> None:
    """Start to look at the replicas; without PgBouncer the looks would exceed the pool."""
    if settings.DATABASE_POOLING == "pgbouncer":
        for replica in list_replicas():
            Sampler(replica).start()


def ask_primary(primary: PrimaryState) -> int | None:
    """Return the position after everything written so far; None if the primary does not answer.

    Note the position up to which the log is stored: no replica gets further, and what is committed
    is before it.
    """
    began = time.monotonic()
    connection = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
    try:
        with connection.limit_time(LOOK_LIMIT), connection.cursor() as cursor:
            cursor.execute(PRIMARY_POSITIONS)
            stored, inserted = map(parse_position, cursor.fetchone())
    except Error:
        connection.close()
        primary.record_silence(began)
        return None
    primary.record(began, stored)
    return skip_page_header(inserted)


def look(replica: Replica) -> None:
    began = time.monotonic()
    try:
        (position,) = replica.execute(REPLICA_POSITION, None, LOOK_LIMIT).fetchone()
    except Error as error:
        if not replica.is_only_slow(error):
            replica.blame(error)
        connections[replica.pool.alias].close()
        return
    if position is None:
        replica.state.record_failure()  # it is no replica, or not any more
        return
    replica.state.record_look(began, parse_position(position))
    if replica.state.good_looks == GOOD_LOOKS:
        logger.info("%s is read from", replica.name)
