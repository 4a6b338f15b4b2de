"""A PostgreSQL backend for persistent connections through a local PgBouncer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, cast

from django.db.utils import Error as DjangoError
from django.db.utils import OperationalError as DjangoOperationalError
from psycopg import Connection, OperationalError
from psycopg.pq import TransactionStatus

from config.database.backend import session_state
from config.database.backend.health import get_pool_to_check, get_settings_alias, is_queue_moving
from config.database.backend.plain_reads import is_plain_read
from config.database.backend.retry import RetryBudget
from config.database.backend.socket_state import has_ended
from config.database.backend.usage import CountingWrapper
from config.database.policy import PoolPolicy

# Seconds; libpq's minimum.
MIN_CONNECT_TIMEOUT: Final = 2
# Seconds. After a faster failure a request may try the database again.
SHORT_WAIT: Final = 0.5
# Attributes in which Django keeps a transaction's state; connect() resets them.
TRANSACTION_STATE: Final = (
    "autocommit",
    "in_atomic_block",
    "savepoint_ids",
    "atomic_blocks",
    "needs_rollback",
    "closed_in_transaction",
    "run_on_commit",
    "run_commit_hooks_on_set_autocommit_on",
)
# psycopg's options for the next transaction.
CONNECTION_SETTINGS: Final = ("autocommit", "isolation_level", "read_only", "deferrable")


class DatabaseWrapper(CountingWrapper):
    """Detects connections closed by PgBouncer without a query, and waits for its restarts."""

    deadline: float | None = None
    first_deadline: float | None = None
    waits_once = False
    failure: BaseException | None = None
    budget: RetryBudget | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers += [self.retry_if_lost, self.retry_on_foreign_settings]

    def probe(self, seconds: float) -> None:
        """Run one statement through the pool; raise unless it succeeds within `seconds`."""
        with self.limit_time(seconds), self.cursor() as cursor:
            cursor.execute("SELECT 1")

    @contextmanager
    def limit_time(self, seconds: float) -> Iterator[None]:
        """Limit logins and statements in the block to `seconds`, queueing included.

        Not for transactions: the connection is closed after a timeout.
        """
        self.deadline = time.monotonic() + seconds
        try:
            with self.execute_wrapper(self.execute_until_deadline):
                yield
        finally:
            self.deadline = None

    @contextmanager
    def wait_once(self) -> Iterator[None]:
        """Wait for the database only once in the block (a request).

        After a timeout, further attempts to connect raise the first error immediately.
        """
        self.waits_once = True
        try:
            yield
        finally:
            self.waits_once, self.failure = False, None

    @contextmanager
    def limit_first_statement(self, seconds: float) -> Iterator[None]:
        """Limit the block's first statement to `seconds`, for a request that waited elsewhere."""
        self.first_deadline = time.monotonic() + seconds
        with self.execute_wrapper(self.execute_first):
            yield

    def execute_first(self, execute: Callable[..., Any], *statement: Any) -> Any:
        first_by, self.first_deadline = self.first_deadline, None
        if first_by is None or self.deadline is not None:
            return execute(*statement)
        self.deadline = first_by
        try:
            if self.time_left():
                return self.execute_until_deadline(execute, *statement)
        except DjangoOperationalError:
            if self.time_left():
                raise
        finally:
            self.deadline = None
        raise DjangoOperationalError("query_wait_timeout, partly spent before the statement")

    def is_usable(self) -> bool:
        """Return whether a statement can run: the connection is open, no transaction failed."""
        if self.connection is None or has_ended(self.connection):
            return False
        status = self.connection.info.transaction_status
        return status in (TransactionStatus.IDLE, TransactionStatus.INTRANS)

    def is_idle(self) -> bool:
        """Return whether libpq knows of no open transaction, however it was begun."""
        status = self.connection.info.transaction_status
        return bool(status == TransactionStatus.IDLE)

    def close_if_health_check_failed(self) -> None:
        """Close a connection that the server closed, before every statement.

        This costs one system call. A transaction, even one opened explicitly, must fail instead of
        losing its first half, and fails until the request ends.
        """
        if self.connection is None or not self.autocommit:
            return
        if self.is_idle() and not self.is_usable():
            self.close()

    def close_if_unusable_or_obsolete(self) -> None:
        """Also close a connection with an open transaction, at a request's start and end."""
        if self.connection is not None and not self.is_idle():
            self.close()
        super().close_if_unusable_or_obsolete()

    def connect(self) -> None:
        super().connect()
        if self.deadline is None and (pool := get_pool_to_check(get_settings_alias(self))):
            self.check_server(pool)

    def check_server(self, pool: PoolPolicy) -> None:
        """Fail after the pool's connect timeout, not its queue's, if the server is down."""
        try:
            self.probe(pool.connect_timeout)
        except DjangoOperationalError:
            timed_out = self.connection is None
            if not (timed_out and is_queue_moving(pool)):
                raise
            super().connect()

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if self.deadline is not None:
            limit = max(math.ceil(self.time_left()), MIN_CONNECT_TIMEOUT)
            params["connect_timeout"] = min(params["connect_timeout"], limit)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        if self.failure:
            raise self.failure
        return self.log_in(conn_params, self.budget or RetryBudget(self.time_left()))

    def log_in(self, conn_params: dict[str, Any], budget: RetryBudget) -> Connection[Any]:
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except OperationalError as error:
                if not budget.allows_login(error):
                    self.remember_failure(error)
                    raise
            else:
                return cast("Connection[Any]", connection)

    def remember_failure(self, error: BaseException | None) -> None:
        if self.waits_once:
            self.failure = error

    def time_left(self) -> float:
        """Return the seconds until the deadline; infinity without one."""
        return math.inf if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def execute_until_deadline(self, execute: Callable[..., Any], *statement: Any) -> Any:
        """Run a statement; close its connection if it does not finish before the deadline."""
        raw = self.connection
        raw.wait = partial(raw.wait, timeout=self.time_left())
        try:
            return execute(*statement)
        except DjangoOperationalError:
            if self.time_left():
                raise
            self.close()
            raise DjangoOperationalError("timeout expired") from None
        finally:
            del raw.wait

    def retry_if_lost(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Run a statement; retry it on a new connection if a restart or outage lost it.

        Only plain reads outside a transaction, or a transaction's first statement: neither can
        take effect twice.
        """
        budget, began = self.budget or RetryBudget(self.time_left()), time.monotonic()
        while True:
            is_alone = self.connection.autocommit and self.is_idle()
            repeatable = not many and self.is_repeatable(sql, context["cursor"].cursor)
            try:
                return execute(sql, params, many, context)
            except DjangoError as error:
                if not (repeatable and budget.allows_statement(error.__cause__)):
                    self.close_if_lost(error.__cause__, time.monotonic() - began, is_alone)
                    raise
            self.replace_connection(budget)
            context["cursor"].cursor = self.create_cursor()

    def retry_on_foreign_settings(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Run a statement; retry it on a new server connection if another client's settings
        may have made it fail before it did anything."""
        pool = session_state.get_pool(self.settings_dict)
        repeatable = not many and self.is_idle() and session_state.is_repeatable(sql)
        began = time.monotonic()
        try:
            return execute(sql, params, many, context)
        except DjangoError as error:
            cause, took = error.__cause__, time.monotonic() - began
            if not (pool and repeatable and session_state.is_suspect(cause, pool, took)):
                raise
            if not session_state.reconnect_pool(pool, began, cause):
                raise
        if not self.connection.autocommit:
            self.connection.rollback()
        try:
            return execute(sql, params, many, context)
        except DjangoError as error:
            session_state.mark_genuine(error.__cause__)
            raise

    def is_repeatable(self, statement: Any, cursor: Any) -> bool:
        """Return whether the statement may run twice.

        With a semicolon it could be several, one of which ends the transaction.
        """
        if not (isinstance(statement, str) and self.is_idle()) or hasattr(cursor, "name"):
            return False
        if not self.connection.autocommit:
            return ";" not in statement
        return is_plain_read(statement)

    def close_if_lost(self, error: BaseException | None, seconds: float, is_alone: bool) -> None:
        """Close a lost connection outside a transaction, so the next statement reconnects.

        After a long wait, remember the failure for the rest of the request.
        """
        if self.connection is None or not self.connection.closed:
            return
        if seconds > SHORT_WAIT:
            self.remember_failure(error)
        if is_alone:
            self.close()

    def replace_connection(self, budget: RetryBudget) -> None:
        """Reconnect, and keep Django's state of open `atomic()` blocks.

        On failure a transaction keeps the lost connection, so that it fails too.
        """
        lost, state = self.connection, {name: getattr(self, name) for name in TRANSACTION_STATE}
        self.run_commit_hooks_on_set_autocommit_on = False
        before, self.budget = self.budget, budget
        try:
            with self.wrap_database_errors:
                self.connect()
                for name in CONNECTION_SETTINGS:
                    setattr(self.connection, name, getattr(lost, name))
        except BaseException:
            if self.connection not in (lost, None):
                self.connection.close()
            self.connection = None if state["autocommit"] else lost
            raise
        finally:
            self.budget = before
            vars(self).update(state)
        lost.close()
