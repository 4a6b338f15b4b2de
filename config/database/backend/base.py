"""Django's PostgreSQL backend for persistent connections through a local PgBouncer."""

from __future__ import annotations

import re
import select
import time
from collections.abc import Callable
from typing import Any, Final, cast

from django.db.backends.postgresql import base
from django.db.utils import OperationalError as DjangoOperationalError
from psycopg import Connection, OperationalError
from psycopg.pq import TransactionStatus

from config.database.policy import RESTART_WAIT

RETRY_PAUSE: Final = 0.05
# The one that goes may take a login before it goes, so that the repetition is lost as well.
REPEATS: Final = 3
PLAIN_READ: Final = re.compile(r"SELECT (?!.*\bFOR (UPDATE|SHARE|NO KEY UPDATE|KEY SHARE)\b)", re.S)

# What libpq, and PgBouncer from 1.23 on, say while a PgBouncer is being restarted: nothing
# listens yet, or the one that goes has ended the login that was on its way.
SHUTTING_DOWN: Final = ("pooler is shutting down", "server shutting down")
RESTARTING: Final = (
    *SHUTTING_DOWN,
    "Connection refused",
    "No such file or directory",
    "server closed the connection unexpectedly",
    "Connection reset by peer",
)


class DatabaseWrapper(base.DatabaseWrapper):
    """Notices a connection that PgBouncer ended without a query, and waits for its restart."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self.repeat_if_lost)

    def is_usable(self) -> bool:
        return self.connection is not None and not has_ended(self.connection)

    def close_if_health_check_failed(self) -> None:
        """Close a connection that has ended; before every statement outside a transaction.

        It costs one system call, so there is no reason to do it once a request only. A
        transaction, also one opened by hand, must fail instead of losing its first half.
        """
        if self.connection is not None and self.autocommit and not self.is_usable():
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

    def repeat_if_lost(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Run a statement; again on a new connection where PgBouncer's restart lost it.

        Only where that cannot do anything twice: a plain read outside a transaction, or what
        would have been a transaction's first statement, since nothing was committed.
        """
        for _ in range(REPEATS):
            repeatable = self.is_repeatable(sql)
            try:
                return execute(sql, params, many, context)
            except DjangoOperationalError as error:
                if not (repeatable and is_lost(error.__cause__)):
                    raise
            self.replace_connection()
            context["cursor"].cursor = self.create_cursor()
        return execute(sql, params, many, context)

    def is_repeatable(self, statement: Any) -> bool:
        if self.connection is None:
            return False
        if not self.connection.autocommit:
            return bool(self.connection.info.transaction_status == TransactionStatus.IDLE)
        return isinstance(statement, str) and PLAIN_READ.match(statement) is not None

    def replace_connection(self) -> None:
        """Log in anew, leaving Django's record of open `atomic()` blocks as it is."""
        autocommit = self.connection.autocommit
        self.connection = self.get_new_connection(self.get_connection_params())
        self.connection.autocommit = autocommit


def has_ended(connection: Connection[Any]) -> bool:
    """Whether the other end has closed, or said a last word on, an idle connection.

    A server is silent between two statements, so anything to read is the end.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLRDHUP)
    return bool(poll.poll(0))


def is_lost(error: BaseException | None) -> bool:
    """Whether a restart took the connection: it broke without a word, or with the one for it.

    PgBouncer ends what runs before it goes, so that word reaches only those who still waited.
    """
    if not isinstance(error, OperationalError):
        return False
    return error.sqlstate is None or any(words in str(error) for words in SHUTTING_DOWN)


def is_restarting(error: OperationalError) -> bool:
    """Whether a login failed as it does for the moment in which PgBouncer is restarted."""
    return any(words in str(error) for words in RESTARTING)
