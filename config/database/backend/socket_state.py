"""Check whether the server has closed a connection, without a query."""

from __future__ import annotations

import os
import select
import socket
from typing import Any, Final

from psycopg import Connection

# Messages that a server sends asynchronously: notification, notice, parameter status.
ASYNC_MESSAGES: Final = (b"A", b"N", b"S")


def has_ended(connection: Connection[Any]) -> bool:
    """Return whether the server has closed the connection or sent a final error.

    Between statements nothing but asynchronous messages is legitimate.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLRDHUP)
    events = poll.poll(0)
    return bool(events) and (
        events[0][1] != select.POLLIN or _peek(connection) not in ASYNC_MESSAGES
    )


def _peek(connection: Connection[Any]) -> bytes:
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        return line.recv(1, socket.MSG_PEEK)
