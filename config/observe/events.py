"""Send what happens to the exporter, which counts it: its counters outlive the processes."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import cache
from typing import Any, Final

from django.conf import settings
from pydantic_core import to_json

# Bytes; the exporter ignores longer ones.
MAX_EVENT_SIZE: Final = 2048
# Events in a datagram, one a line, and in a process that waits for the exporter.
MAX_BATCH: Final = 30
MAX_PENDING: Final = 1000
MAX_DATAGRAM_SIZE: Final = MAX_BATCH * (MAX_EVENT_SIZE + 1)

# Any other method is the client's own text.
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OTHER: Final = "other"


class Kind(StrEnum):
    """What happened; the comments name an event's fields."""

    # route, method, status, reason, and the distributions seconds, waits, statements
    REQUESTS = "requests"
    SIGN_IN = "sign_in"
    FAILED_SIGN_IN = "failed_sign_in"
    SIGN_UP = "sign_up"
    UPLOAD = "upload"  # bytes
    REFUSED_UPLOAD = "refused_upload"  # reason: an UploadRefusal
    MAIL_SENT = "mail_sent"
    MAIL_FAILED = "mail_failed"  # one attempt
    MAIL_GIVEN_UP = "mail_given_up"


class Refusal(StrEnum):
    """Why requests got 503: the field `reason` of their event, which is empty otherwise."""

    QUERY_WAIT = "query_wait"  # no server connection became free in time
    CLIENT_LIMIT = "client_limit"  # PgBouncer accepts no more client connections
    STATEMENT_TIMEOUT = "statement_timeout"
    DATABASE = "database"  # PgBouncer or PostgreSQL is out of reach
    STORAGE = "storage"


class UploadRefusal(StrEnum):
    EMPTY = "empty"
    SIZE = "size"
    TYPE = "type"
    QUOTA = "quota"
    STORAGE = "storage"


# Events that wait because the exporter's queue (of 10 datagrams by Linux's default) was full.
_pending: Final[deque[bytes]] = deque(maxlen=MAX_PENDING)


def send_event(kind: str, **fields: str | int | float) -> None:
    """Send the event as `send_events` does."""
    send_events([{"kind": kind, **fields}])


def send_events(events: Sequence[Mapping[str, Any]]) -> None:
    """Send the events to the exporter if METRICS is true; drop them if nobody listens.

    Never wait, and never raise an error of the socket: if the exporter is busy, the events go with
    this process's next ones.
    """
    if settings.METRICS:
        # In half of the time of the standard library's.
        _pending.extend(map(to_json, events))
        _send_pending()


def _send_pending() -> None:
    while batch := [*_take(MAX_BATCH)]:
        try:
            _open_socket().sendto(b"\n".join(batch), settings.METRICS_SOCKET)
        except BlockingIOError:
            _pending.extend(batch)
            return
        except OSError:
            return


def _take(count: int) -> Iterator[bytes]:
    # Another thread may take the last one meanwhile.
    with suppress(IndexError):
        for _ in range(count):
            yield _pending.popleft()


@cache
def _open_socket() -> socket.socket:
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.setblocking(False)
    return sender
