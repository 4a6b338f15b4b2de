"""Add up the requests of this process, and send the sums to the exporter.

An event for each request would take the exporter a twentieth of a core at 1,000 requests/s.
"""

from __future__ import annotations

import atexit
import threading
from typing import Any, Final, NamedTuple

from config.observe.distribution import DURATIONS, STATEMENTS, WAITS, Distribution
from config.observe.events import Kind, send_events

# Seconds for which requests are added up before they are sent.
INTERVAL: Final = 0.5


class Key(NamedTuple):
    """What requests have in common that are sent as one event; `reason` as in `Refusal`."""

    route: str
    method: str
    status: int
    reason: str


class Sums:
    __slots__ = ("seconds", "statements", "waits")

    def __init__(self) -> None:
        self.seconds = Distribution(DURATIONS)
        self.waits = Distribution(WAITS)
        self.statements = Distribution(STATEMENTS)


class Tally:
    """The requests that have not been sent yet. A thread sends them while there are some."""

    def __init__(self) -> None:
        self._sums: dict[Key, Sums] = {}
        self._lock = threading.Lock()
        self._has_requests = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, key: Key, seconds: float, wait: float, statements: int) -> None:
        with self._lock:
            sums = self._sums.get(key)
            if sums is None:
                sums = self._sums[key] = Sums()
                self._start()
            sums.seconds.add(seconds)
            sums.waits.add(wait)
            sums.statements.add(statements)

    def send(self) -> None:
        with self._lock:
            sums, self._sums = self._sums, {}
            self._has_requests.clear()
        send_events([build_event(key, of_key) for key, of_key in sums.items()])

    def _start(self) -> None:
        # Not at import: gunicorn forks afterwards.
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tally", daemon=True)
            self._thread.start()
            atexit.register(self.send)
        self._has_requests.set()

    def _run(self) -> None:
        pause = threading.Event()
        while self._has_requests.wait():
            pause.wait(INTERVAL)
            self.send()


def build_event(key: Key, sums: Sums) -> dict[str, Any]:
    return {
        "kind": Kind.REQUESTS,
        **key._asdict(),
        "seconds": sums.seconds.dump(),
        "waits": sums.waits.dump(),
        "statements": sums.statements.dump(),
    }


tally: Final = Tally()
