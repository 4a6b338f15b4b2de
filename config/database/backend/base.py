"""Django's PostgreSQL backend for persistent connections through a local PgBouncer."""

from __future__ import annotations

import select
import time
from typing import Any, Final, cast

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError

from config.database.policy import RESTART_WAIT

RETRY_PAUSE: Final = 0.05

# What libpq, and PgBouncer from 1.23 on, say while a PgBouncer is being restarted: nothing
# listens yet, or the one that goes has ended the login that was on its way.
RESTARTING: Final = (
    "Connection refused",
    "No such file or directory",
    "server closed the connection unexpectedly",
    "Connection reset by peer",
    "pooler is shutting down",
    "server shutting down",
)


class DatabaseWrapper(base.DatabaseWrapper):
    """Notices a connection that PgBouncer ended without a query, and waits for its restart."""

    def is_usable(self) -> bool:
        return self.connection is not None and not has_ended(self.connection)

    def close_if_health_check_failed(self) -> None:
        """Close a connection that has ended; before every statement outside a transaction.

        It costs one system call, so there is no reason to do it once a request only. A
        transaction that somebody opened by hand must fail instead of losing its first half.
        """
        between_transactions = self.autocommit and not self.in_atomic_block
        if self.connection is not None and between_transactions and not self.is_usable():
            self.close()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        deadline = time.monotonic() + RESTART_WAIT
        while True:
            try:
                return cast("Connection[Any]", super().get_new_connection(conn_params))
            except OperationalError as error:
                if time.monotonic() > deadline or not is_restarting(error):
                    raise
                time.sleep(RETRY_PAUSE)


def has_ended(connection: Connection[Any]) -> bool:
    """Whether the other end has closed, or said a last word on, an idle connection.

    A server is silent between two statements, so anything to read is the end.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLRDHUP)
    return bool(poll.poll(0))


def is_restarting(error: OperationalError) -> bool:
    """Whether a login failed as it does for the moment in which PgBouncer is restarted."""
    return any(words in str(error) for words in RESTARTING)
