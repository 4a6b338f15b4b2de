"""Django's PostgreSQL backend for persistent connections through a local PgBouncer."""

from __future__ import annotations

import re
import select
from collections.abc import Callable
from typing import Any, Final, cast

from django.db.backends.postgresql import base
from django.db.utils import OperationalError as DjangoOperationalError
from psycopg import Connection, OperationalError
from psycopg.pq import TransactionStatus

from config.database.backend.patience import Patience

PLAIN_READ: Final = re.compile(r"SELECT (?!.*\bFOR (UPDATE|SHARE|NO KEY UPDATE|KEY SHARE)\b)", re.S)


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
        return self.log_in(conn_params, Patience())

    def log_in(self, conn_params: dict[str, Any], patience: Patience) -> Connection[Any]:
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except OperationalError as error:
                if not patience.for_login(error):
                    raise
            else:
                return cast("Connection[Any]", connection)

    def repeat_if_lost(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Run a statement; again on a new connection where a restart or an outage lost it.

        Only where that cannot do anything twice: a plain read outside a transaction, or what
        would have been a transaction's first statement, since nothing was committed.
        """
        patience = Patience()
        while True:
            repeatable = self.is_repeatable(sql)
            try:
                return execute(sql, params, many, context)
            except DjangoOperationalError as error:
                if not (repeatable and patience.for_statement(error.__cause__)):
                    raise
            self.replace_connection(patience)
            context["cursor"].cursor = self.create_cursor()

    def is_repeatable(self, statement: Any) -> bool:
        if self.connection is None:
            return False
        if not self.connection.autocommit:
            return bool(self.connection.info.transaction_status == TransactionStatus.IDLE)
        return isinstance(statement, str) and PLAIN_READ.match(statement) is not None

    def replace_connection(self, patience: Patience) -> None:
        """Log in anew, leaving Django's record of open `atomic()` blocks as it is."""
        autocommit = self.connection.autocommit
        with self.wrap_database_errors:
            self.connection = self.log_in(self.get_connection_params(), patience)
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
