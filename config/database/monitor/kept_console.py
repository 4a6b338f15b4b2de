"""A console that stays connected, because PgBouncer logs every login."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from config.database.monitor.console import Console, ConsoleError
from config.database.policy import PoolPolicy

Answer = TypeVar("Answer")


class KeptConsole:
    def __init__(self, pool: PoolPolicy, *, time_limit: int) -> None:
        self.pool, self.time_limit = pool, time_limit
        self._console: Console | None = None

    def ask(self, question: Callable[[Console], Answer]) -> Answer:
        """Return `question(console)`, on a new connection if PgBouncer was restarted.

        Raise ConsoleError if it does not answer.
        """
        if self._console:
            try:
                return question(self._console)
            except ConsoleError:
                self.close()
        self._console = Console(self.pool, time_limit=self.time_limit).__enter__()
        try:
            return question(self._console)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._console:
            self._console.__exit__(None, None, None)
        self._console = None
