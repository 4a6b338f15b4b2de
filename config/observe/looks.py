"""Look at another process for a limited time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class Look(Generic[Result]):
    """Run `function` in a thread, which may hang; no second one starts meanwhile."""

    def __init__(self, name: str, function: Callable[[], Result]) -> None:
        self.name, self._function = name, function
        self._free = threading.Lock()
        self._answers: SimpleQueue[Result | None] | None = None
        self._failure = ""

    def start(self) -> None:
        self._answers = None
        if self._free.acquire(blocking=False):
            self._answers = SimpleQueue()
            thread = threading.Thread(target=self._run, args=[self._answers], daemon=True)
            thread.start()

    def wait(self, end: float) -> Result | None:
        """Return the result, or None if there is none at that time of the monotonic clock."""
        if self._answers is None:
            return None
        try:
            return self._answers.get(timeout=max(0.0, end - time.monotonic()))
        except Empty:
            self._report("no answer in time")
            return None

    def _run(self, answers: SimpleQueue[Result | None]) -> None:
        try:
            result = self._function()
            self._failure = ""
            answers.put(result)
        except Exception as error:  # whatever fails, the scrape has the other metrics
            self._report(" ".join(str(error).split()))
            answers.put(None)
        finally:
            self._free.release()

    def _report(self, failure: str) -> None:
        """Log a failure once, not at every scrape."""
        if not self._failure:
            logger.warning("%s: %s", self.name, failure)
        self._failure = failure
