"""The last requests that got 503, in a bounded file that all processes write."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from config.lib.journal import Journal
from config.observe.events import Refusal as Reason

MAX_SHOWN: Final = 50
# 50 refusals of up to 200 bytes, even just after the file has been rotated.
MAX_BYTES: Final = 10_000
# HAProxy's own refusals, which no process of the site sees.
UNSERVED: Final = "unserved"
MEANINGS: Final[dict[str, str]] = {
    UNSERVED: "no thread became free in time",
    Reason.QUERY_WAIT: "no connection became free in time",
    Reason.CLIENT_LIMIT: "PgBouncer accepts no more clients",
    Reason.STATEMENT_TIMEOUT: "a statement took too long",
    Reason.DATABASE: "the database did not answer",
    Reason.STORAGE: "the file storage is full or did not answer",
}


@dataclass(frozen=True)
class Refusal:
    """A refused request, or the number of those that HAProxy refused within some seconds."""

    time: datetime
    route: str
    reason: str

    @property
    def meaning(self) -> str:
        return MEANINGS[self.reason]


def get_journal() -> Journal:
    return Journal(settings.VAR_DIR / "log/refusals.jsonl", MAX_BYTES)


def read_refusals() -> list[Refusal]:
    """Return the last refusals, newest first."""
    newest = get_journal().read()[-MAX_SHOWN:]
    return [
        Refusal(datetime.fromtimestamp(entry["time"], UTC), entry["route"], entry["reason"])
        for entry in reversed(newest)
    ]


def record_refusal(request: HttpRequest, reason: Reason) -> None:
    entry = {"time": round(time.time(), 1), "route": get_route(request), "reason": reason}
    get_journal().append(entry)


def record_unserved(count: int) -> None:
    if count:
        route = f"{count} {'request' if count == 1 else 'requests'}"
        get_journal().append({"time": round(time.time(), 1), "route": route, "reason": UNSERVED})


def get_route(request: HttpRequest) -> str:
    """Return the method and the pattern of the URL, which contains no key or token."""
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return f"{request.method} unknown"
    return f"{request.method} /{match.route}"[:100]
