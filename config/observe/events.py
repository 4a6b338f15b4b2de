"""Send what happens to the exporter, which counts it: its counters outlive the processes."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from enum import StrEnum
from functools import cache
from typing import Final

from django.conf import settings

# Bytes; the exporter ignores longer ones.
MAX_EVENT_SIZE: Final = 2048


class Kind(StrEnum):
    """What happened; the comments name an event's fields."""

    REQUEST = "request"  # route, method, status, seconds, wait_seconds, statements, reason
    SIGN_IN = "sign_in"
    FAILED_SIGN_IN = "failed_sign_in"
    SIGN_UP = "sign_up"
    UPLOAD = "upload"  # bytes
    REFUSED_UPLOAD = "refused_upload"  # reason: an UploadRefusal
    MAIL_SENT = "mail_sent"
    MAIL_FAILED = "mail_failed"  # one attempt
    MAIL_GIVEN_UP = "mail_given_up"


class Refusal(StrEnum):
    """Why a request got 503: the field `reason` of its event, which is empty otherwise."""

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


def send_event(kind: str, **fields: str | int | float) -> None:
    """Send one datagram to the exporter if METRICS is true; drop it if nobody receives it.

    Never wait, and never raise an error of the socket.
    """
    if settings.METRICS:
        with suppress(OSError):
            event = json.dumps({"kind": kind, **fields}).encode()
            _open_socket().sendto(event, settings.METRICS_SOCKET)


@cache
def _open_socket() -> socket.socket:
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.setblocking(False)
    return sender
