"""A minimum rate for large request bodies, so that a slow client cannot hold a thread."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from config.proxy.policy import REQUEST_TIMEOUT, SMALL_BODY_SIZE

# Bytes a second, on average. HAProxy itself cuts off clients that send nothing.
MIN_RATE: Final = 1000
# Seconds that a client which was faster may be late later.
MAX_CREDIT: Final = 30
# Seconds.
CHECK_INTERVAL: Final = 1


@contextmanager
def enforce_minimum_rate(environ: dict[str, Any]) -> Iterator[None]:
    """Make reading a large body fail if it is too slow or incomplete."""
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
    """Read the body in small pieces; only waiting for one uses the client's credit."""

    def __init__(self, stream: Any, length: int, sock: socket.socket) -> None:
        self.stream, self.left, self.sock = stream, length, sock
        self.credit: float = REQUEST_TIMEOUT
        self.deadline = float("inf")
        self.is_over = threading.Event()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # A client at the minimum rate sends this much before its credit ends.
        limit = max(1, int(self.credit * MIN_RATE))
        wanted = min(len(buffer), self.left, limit)
        started = time.monotonic()
        self.deadline = started + self.credit
        piece = self.stream.read(wanted)
        self.deadline = float("inf")
        if len(piece) < wanted:
            raise ConnectionError("the request body is incomplete or too slow")
        self.left -= wanted
        spent = time.monotonic() - started
        self.credit = min(self.credit - spent + wanted / MIN_RATE, MAX_CREDIT)
        buffer[:wanted] = piece
        return wanted

    def watch(self) -> None:
        """Shut down the socket's reading side at the deadline; a response can still be sent."""
        while not self.is_over.wait(CHECK_INTERVAL):
            if time.monotonic() > self.deadline:
                with suppress(OSError):  # the socket may just have closed
                    self.sock.shutdown(socket.SHUT_RD)
                return
