"""Decide which failures to retry, and for how long."""

from __future__ import annotations

import math
import time
from typing import Final

from psycopg import OperationalError

from config.database.errors import RESTART_MESSAGES, SERVER_DOWN_MESSAGES, SHUTDOWN_MESSAGES
from config.database.policy import RESTART_WAIT

RETRY_PAUSE: Final = 0.05
# PgBouncer tries the server once a second, and each client's attempt costs a login.
SERVER_DOWN_PAUSE: Final = 0.25
# The old PgBouncer may accept another login before it exits, so a retry may be lost as well.
MAX_LOSSES: Final = 3


class RetryBudget:
    """The time for retries: RESTART_WAIT from the first failure, at most `seconds`."""

    def __init__(self, seconds: float = math.inf) -> None:
        self.seconds = seconds
        self.end: float | None = None
        self.losses = 0

    def allows_login(self, error: BaseException) -> bool:
        """Return whether to log in again, after a pause."""
        if is_server_down(error):
            return self._wait(SERVER_DOWN_PAUSE)
        return is_restarting(error) and self._wait(RETRY_PAUSE)

    def allows_statement(self, error: BaseException | None) -> bool:
        """Return whether to reconnect and run a repeatable statement again; may pause first."""
        if is_server_down(error):
            return self._wait(SERVER_DOWN_PAUSE)
        self.losses += 1
        return is_lost(error) and self.losses <= MAX_LOSSES and self._wait(0)

    def _wait(self, pause: float) -> bool:
        now = time.monotonic()
        if self.end is None:
            self.end = now + min(RESTART_WAIT, self.seconds)
        if now + pause > self.end:
            return False
        time.sleep(pause)
        return True


def is_server_down(error: BaseException | None) -> bool:
    """Return whether nothing ran because PgBouncer could not reach the server."""
    return isinstance(error, OperationalError) and _has_words(error, SERVER_DOWN_MESSAGES)


def is_lost(error: BaseException | None) -> bool:
    """Return whether a restart closed the connection, with or without a shutdown message.

    PgBouncer finishes running statements first, so only waiting clients get the message.
    """
    if not isinstance(error, OperationalError):
        return False
    return error.sqlstate is None or _has_words(error, SHUTDOWN_MESSAGES)


def is_restarting(error: BaseException) -> bool:
    return _has_words(error, RESTART_MESSAGES)


def _has_words(error: BaseException, words: tuple[str, ...]) -> bool:
    text = str(error)
    return any(word in text for word in words)
