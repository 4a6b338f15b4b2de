"""A large body has to come at a minimum rate, so that a slow sender cannot keep a thread.

Small bodies are read by HAProxy, which also ends whoever sends nothing at all.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from config.proxy.policy import REQUEST_TIMEOUT, SMALL_BODY_SIZE

# Bytes a second, on average.
SLOWEST: Final = 1000
# Seconds that who has sent faster can be late by, later on.
MOST_CREDIT: Final = 30
# Seconds between two looks.
INTERVAL: Final = 1


@contextmanager
def minimum_rate(environ: dict[str, Any]) -> Iterator[None]:
    """Have the reading of a large body fail if it comes too slowly, or not to its end."""
    length = environ.get("CONTENT_LENGTH") or ""
    sock = environ.get("gunicorn.socket")
    if sock is None or not length.isdecimal() or int(length) <= SMALL_BODY_SIZE:
        yield
        return
    body = Body(environ["wsgi.input"], int(length), sock)
    environ["wsgi.input"] = io.BufferedReader(body)
    threading.Thread(target=body.watch, daemon=True).start()
    try:
        yield
    finally:
        body.is_over.set()


class Body(io.RawIOBase):
    """The body in small pieces. Only while one is waited for does the sender's time pass."""

    def __init__(self, stream: Any, length: int, sock: socket.socket) -> None:
        self.stream, self.left, self.sock = stream, length, sock
        self.credit: float = REQUEST_TIMEOUT
        self.deadline = float("inf")
        self.is_over = threading.Event()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # An honest sender brings so much before the credit ends.
        most = max(1, int(self.credit * SLOWEST))
        wanted = min(len(buffer), self.left, most)
        began = time.monotonic()
        self.deadline = began + self.credit
        piece = self.stream.read(wanted)
        self.deadline = float("inf")
        if len(piece) < wanted:
            raise ConnectionError("the body ended early, or came too slowly")
        self.left -= wanted
        spent = time.monotonic() - began
        self.credit = min(self.credit - spent + wanted / SLOWEST, MOST_CREDIT)
        buffer[:wanted] = piece
        return wanted

    def watch(self) -> None:
        """End the reading once it is too late; an answer can still be sent."""
        while not self.is_over.wait(INTERVAL):
            if time.monotonic() > self.deadline:
                with suppress(OSError):  # it may just have been closed
                    self.sock.shutdown(socket.SHUT_RD)
                return
