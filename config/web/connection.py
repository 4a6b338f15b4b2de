"""A client's connection, and what has arrived on it before a thread is given to it."""

from __future__ import annotations

import errno
import re
import select
import socket
import time
from typing import Any, Final

from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

# Seconds: for a request's head; and without a byte in the middle of its body.
PATIENCE: Final = 10
# Bytes a second, on average, that a body has to bring beyond that.
SLOWEST: Final = 1024
# Bytes: the longest head (gunicorn's own limits for each line are lower), and the longest body
# that is collected without a thread.
LONGEST_HEAD: Final = 64 * 1024
LONGEST_BODY: Final = 64 * 1024

END_OF_HEAD: Final = b"\r\n\r\n"
# More than any body has; Python refuses to read a number of thousands of digits.
MOST_DIGITS: Final = 19
SIZE: Final = re.compile(rb"\r\n(content-length|transfer-encoding|expect):[ \t]*([^\r]*)", re.I)


class Blocking(socket.socket):
    """One that stays as it is: gunicorn sets the time-out anew for each request."""

    @classmethod
    def of(cls, sock: socket.socket) -> Blocking:
        return cls(sock.family, sock.type, sock.proto, fileno=sock.detach())

    def settimeout(self, value: float | None) -> None:
        if value != self.gettimeout():
            super().settimeout(value)

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0.0)


class Connection(TConn):  # type: ignore[misc]
    """gunicorn's, which reads ahead.

    `deadline` is the time (time.monotonic) at which the wait for the request ends.
    """

    initialized: bool

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, Blocking.of(sock), client, server)
        self.sock.setblocking(True)
        # gunicorn's thread then waits for nothing that could still come.
        self.data_ready = True
        self.fd = self.sock.fileno()
        self.lane: Any = None
        self.is_ending = False
        self.expect(b"", PATIENCE)

    def init(self) -> None:
        """Plain HTTP/1.1 only: TLS and HTTP/2 end at the proxy."""
        if not self.initialized:
            self.initialized = True
            self.parser = RequestParser(self.cfg, self.sock, self.client)
            self.parser.unreader = Rest(self.sock)

    def expect(self, received: bytes, seconds: float) -> None:
        """A request comes next, of which this has arrived with the last one."""
        self.received = bytearray(received)
        self.began: float | None = None
        self.size: int | None = None
        self.has_body = self.streams = False
        self.is_served = self.has_more = False
        self.deadline = time.monotonic() + seconds

    def read(self) -> bool:
        """Take all that has arrived; False where nothing will come any more."""
        while True:
            try:
                data = self.sock.recv(LONGEST_HEAD, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
            except OSError:
                return False
            self.received += data
            if len(data) < LONGEST_HEAD:
                return bool(data)

    @property
    def is_whole(self) -> bool:
        """Whether a thread would wait for nothing more, or only for the rest of a large body."""
        if self.size is None and (end := self.received.find(END_OF_HEAD)) >= 0:
            self._measure(end)
        return self.size is not None and len(self.received) >= self.size

    def _measure(self, end: int) -> None:
        body = body_size(bytes(self.received[:end]))
        self.has_body = body != 0
        self.streams = body is None or body > LONGEST_BODY
        self.size = end + len(END_OF_HEAD) + (0 if self.streams else body or 0)

    @property
    def is_too_long(self) -> bool:
        return self.size is None and len(self.received) >= LONGEST_HEAD

    def hurry(self) -> None:
        """Set the deadline by what has arrived so far."""
        if self.received:
            now = time.monotonic()
            self.began = self.began or now
            body = len(self.received) if self.size else 0
            self.deadline = self.began + PATIENCE + body / SLOWEST

    def hand_over(self) -> None:
        """Give what has arrived to the parser, in a thread."""
        self.init()
        self.parser.unreader.begin(bytes(self.received))


class Rest(SocketUnreader):  # type: ignore[misc]
    """What a thread still waits for: the rest of a large body, if it comes fast enough.

    Raises TimeoutError where it does not, and ConnectionResetError where the client ends in the
    middle, so that half a form is never taken for a whole one.
    """

    def begin(self, received: bytes) -> None:
        self.unread(received)
        self.began, self.count = time.monotonic(), len(received)

    def chunk(self, size_hint: int | None = None) -> bytes:
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        is_late = time.monotonic() > self.began + PATIENCE + self.count / SLOWEST
        if is_late or not poll.poll(PATIENCE * 1000):
            raise TimeoutError(errno.ETIMEDOUT, "the request's body comes too slowly")
        data: bytes = super().chunk(size_hint)
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "the client ended in mid-request")
        self.count += len(data)
        return data


def body_size(head: bytes) -> int | None:
    """The bytes after the head; None where they are not known, or come only when asked for."""
    fields = {name.lower(): value.strip() for name, value in SIZE.findall(head)}
    if b"transfer-encoding" in fields or b"expect" in fields:
        return None
    size = fields.get(b"content-length", b"")
    if len(size) > MOST_DIGITS:
        return None
    return int(size) if size.isdigit() else 0
