"""Threads, and the queue before them, in which nobody is kept for longer than it is worth."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any


class Pace:
    """How fast requests end that occupy all of `threads`, seen over the last `window` seconds."""

    def __init__(self, threads: int, window: float) -> None:
        self.threads, self.window = threads, window
        self.ends: deque[float] = deque()
        self.since = 0.0

    def begin(self, now: float) -> None:
        """From now on all threads have something to do."""
        self.since = now
        self.ends.clear()

    def ended(self, now: float) -> None:
        self.ends.append(now)

    def seconds(self, now: float) -> float:
        """What a request takes: as they took lately, but at least the time since the last end."""
        begin = max(self.since, now - self.window)
        while self.ends and self.ends[0] < begin:
            self.ends.popleft()
        each = (now - begin) * self.threads / max(len(self.ends), self.threads)
        return max(each, now - (self.ends[-1] if self.ends else begin))


class Lane:
    """So many threads that do `work`, before which a request waits for less than `patience` s.

    It is turned away as soon as the time that it has waited and the time that those before it
    take add up to more. So where all threads wait for a database that has no connection for
    them, whoever waits behind them is not left to wait for one as long once more.
    """

    def __init__(self, threads: int, patience: float, work: Callable[[Any], None]) -> None:
        self.threads, self.patience, self.work = threads, patience, work
        self.pace = Pace(threads, patience)
        self.inside = 0
        # Whoever takes an item out of the queue has it for himself: a thread, or `turn_away`.
        self.queue: deque[tuple[float, Any]] = deque()
        self.calls: SimpleQueue[None] = SimpleQueue()
        for _ in range(threads):
            Thread(target=self._work, daemon=True).start()

    @property
    def is_full(self) -> bool:
        return self.inside >= self.threads

    def submit(self, now: float, item: Any) -> None:
        """Have a thread work on it; when that is done, `ended` must be told."""
        self.inside += 1
        if self.inside == self.threads:
            self.pace.begin(now)
        self.queue.append((now, item))
        self.calls.put(None)

    def ended(self, now: float) -> None:
        self.inside -= 1
        self.pace.ended(now)

    def turn_away(self, now: float) -> list[Any]:
        """Those who have waited too long, taken out of the queue."""
        late: list[Any] = []
        if not self.is_full:
            return late  # whoever is in the queue is just being fetched
        longest = self.patience - self.pace.seconds(now)
        with suppress(IndexError):
            while now - self.queue[0][0] > longest:
                since, item = self.queue.popleft()
                if now - since <= longest:  # a thread was faster, and this is the next one
                    self.queue.appendleft((since, item))
                    self.calls.put(None)
                    break
                late.append(item)
        self.inside -= len(late)
        return late

    def shutdown(self, wait: bool) -> None:
        """The threads end with the process."""

    def _work(self) -> None:
        while True:
            self.calls.get()
            try:
                _, item = self.queue.popleft()
            except IndexError:
                continue
            self.work(item)
