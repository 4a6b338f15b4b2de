"""Run a request's reads on a replica.

A request reads from a replica until it first does anything else: a statement that may write, or a
transaction. From then on it reads from the primary, so that it sees what it wrote. The same if the
replica fails, or is older than the person's last write: the statement then runs again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final

from django.db import Error

from config.database.backend.plain_reads import is_plain_read
from config.database.replicas.servers import Replica
from config.database.replicas.state import parse_position

# The position of the server that answers; NULL on a primary.
POSITION: Final = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END"

is_known_read = lru_cache(maxsize=1000)(is_plain_read)


class Reading:
    """The reads of one request.

    `replica` is None once they go to the primary. `position` is that of the person's last write:
    the replica must be known to have reached it. `wrote`: the request may have written.
    `served_by` names the replica that has served all reads so far.
    """

    def __init__(self, replica: Replica | None, position: int) -> None:
        self.replica, self.position = replica, position
        self.is_fresh = position == 0
        self.wrote = False
        self.served_by = ""

    def leave(self) -> None:
        self.replica, self.served_by = None, ""

    def execute(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Run a statement of the primary's connection on the right server.

        An execute wrapper: https://docs.djangoproject.com/en/5.2/topics/db/instrumentation/
        """
        connection, cursor = context["connection"], context["cursor"]
        is_read = not many and isinstance(sql, str) and is_known_read(sql)
        if not (is_read and connection.get_autocommit()):
            self.leave()
        self.wrote = self.wrote or not is_read
        if self.replica and self.is_fresh:
            found = self._read(self.replica, sql, params)
            if found is not None:
                cursor.cursor = found
                return None
        if cursor.cursor.connection is not connection.connection:
            cursor.cursor = connection.create_cursor()  # it has read from the replica before
        return execute(sql, params, many, context)

    def _read(self, replica: Replica, sql: str, params: Any) -> Any:
        try:
            found = replica.execute(sql, params)
        except Error as error:
            if replica.is_only_slow(error):
                raise
            replica.blame(error)
            self.leave()
            return None
        self.served_by = replica.name
        return found

    @contextmanager
    def check_position(self) -> Iterator[None]:
        """Run the block's statement on the replica, whose first column is its POSITION."""
        before, self.is_fresh = self.is_fresh, True
        try:
            yield
        finally:
            self.is_fresh = before

    def accept(self, row: Sequence[Any] | None, time: float) -> bool:
        """Return whether the answer counts: the primary's, or a row of a replica that is fresh.

        A replica may not have a new row yet.
        """
        if not self.replica:
            return True
        position = parse_position(row[0]) if row and row[0] else -1
        if position < self.position:
            self.leave()
            return False
        self.replica.state.record_position(time, position)
        self.is_fresh = True
        return True


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)


def get_reading() -> Reading | None:
    """Return the current request's reads; None without replicas."""
    return _reading.get()


def leave_replica() -> bool:
    """Read from the primary from now on; return whether the request read from a replica."""
    reading = get_reading()
    if reading is None or reading.replica is None:
        return False
    reading.leave()
    return True


@contextmanager
def use_reading(reading: Reading) -> Iterator[None]:
    token = _reading.set(reading)
    try:
        yield
    finally:
        _reading.reset(token)
