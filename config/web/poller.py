"""The selector of the worker's loop."""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any, Final

# Told once of each arrival: a connection then costs no call for each of its requests.
ARRIVAL: Final = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET


class Poller:
    """What gunicorn asks of a selector, by epoll itself, and connections besides."""

    def __init__(self) -> None:
        self.epoll = select.epoll()
        self.callbacks: dict[int, tuple[Callable[[Any], None], Any]] = {}

    def register(self, source: Any, events: int, callback: Callable[[Any], None]) -> None:
        """Call `callback(source)` for as long as there is something to read."""
        fd = source if isinstance(source, int) else source.fileno()
        self.callbacks[fd] = callback, source
        self.epoll.register(fd, select.EPOLLIN)

    def unregister(self, source: Any) -> None:
        fd = source.fileno()
        del self.callbacks[fd]
        self.epoll.unregister(fd)

    def watch(self, fd: int) -> None:
        """Have `poll` name this connection once whenever something has arrived on it."""
        self.epoll.register(fd, ARRIVAL)

    def poll(self, timeout: float) -> list[int]:
        """The connections on which something has arrived; the callbacks have been called."""
        events = self.epoll.poll(timeout)
        for fd, _ in events:
            if known := self.callbacks.get(fd):
                callback, source = known
                callback(source)
        return [fd for fd, _ in events if fd not in self.callbacks]

    def close(self) -> None:
        self.epoll.close()
