"""Which failures pass by themselves, and how long they are waited for."""

from __future__ import annotations

import math
import time
from typing import Final

from psycopg import OperationalError

from config.database.errors import RESTART_MESSAGES, SERVER_DOWN_MESSAGES, SHUTDOWN_MESSAGES
from config.database.policy import RESTART_WAIT

RETRY_PAUSE: Final = 0.05
# PgBouncer tries the server once a second, and every client's attempt costs it a login.
SERVER_DOWN_PAUSE: Final = 0.25
# The one that goes may take a login before it goes, so that the repetition is lost as well.
MAX_LOSSES: Final = 3


class RetryBudget:
    """The time in which what failed may be tried again: RESTART_WAIT from the first failure, or
    the `seconds` that there are."""

    def __init__(self, seconds: float = math.inf) -> None:
        self.seconds = seconds
        self.end: float | None = None
        self.losses = 0

    def allows_login(self, error: BaseException) -> bool:
        """Whether to log in again; waits a moment first."""
        if is_server_down(error):
            return self._wait(SERVER_DOWN_PAUSE)
        return is_restarting(error) and self._wait(RETRY_PAUSE)

    def allows_statement(self, error: BaseException | None) -> bool:
        """Whether to log in and run a statement again that may run twice; may wait first."""
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
    """Whether nothing ran because the server could not be reached a moment ago."""
    return isinstance(error, OperationalError) and _has_words(error, SERVER_DOWN_MESSAGES)


def is_lost(error: BaseException | None) -> bool:
    """Whether a restart took the connection: it broke without a word, or with the one for it.

    PgBouncer ends what runs before it goes, so that word reaches only those who still waited.
    """
    if not isinstance(error, OperationalError):
        return False
    return error.sqlstate is None or _has_words(error, SHUTDOWN_MESSAGES)


def is_restarting(error: BaseException) -> bool:
    """Whether a login failed as it does for the moment in which PgBouncer is restarted."""
    return _has_words(error, RESTART_MESSAGES)


def _has_words(error: BaseException, words: tuple[str, ...]) -> bool:
    text = str(error)
    return any(word in text for word in words)
