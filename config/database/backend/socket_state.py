"""Whether the other end of a connection has closed it."""

from __future__ import annotations

import os
import select
import socket
from typing import Any, Final

from psycopg import Connection

# Messages that a server sends unasked: a notification, a notice, a setting's new value.
ASYNC_MESSAGES: Final = (b"A", b"N", b"S")


def has_ended(connection: Connection[Any]) -> bool:
    """Whether the other end has closed, or said a last word on, a connection.

    Between two statements a server says little unasked, so anything else to read is the end.
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
    """The byte that will be read next; left where it is."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        return line.recv(1, socket.MSG_PEEK)
