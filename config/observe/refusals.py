"""Requests that got 503: the reason of each, and the last ones in a bounded file."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.conf import settings

from config.database.errors import CLIENT_LIMIT_MESSAGES, find_outage
from config.lib.journal import Journal
from config.observe.access_log import AccessLine
from config.observe.events import Refusal

# Parts of the messages of PgBouncer and PostgreSQL. The first match wins.
REASONS: Final = (
    (("query_wait_timeout",), Refusal.QUERY_WAIT),
    (CLIENT_LIMIT_MESSAGES, Refusal.CLIENT_LIMIT),
    (("statement timeout",), Refusal.STATEMENT_TIMEOUT),
)
# HAProxy's own refusals, which no process of the site sees.
UNSERVED: Final = "unserved"
MEANINGS: Final[dict[str, str]] = {
    UNSERVED: "no thread became free in time",
    Refusal.QUERY_WAIT: "no connection became free in time",
    Refusal.CLIENT_LIMIT: "PgBouncer accepts no more clients",
    Refusal.STATEMENT_TIMEOUT: "a statement took too long",
    Refusal.DATABASE: "the database did not answer",
    Refusal.STORAGE: "the file storage is full or did not answer",
}
MAX_SHOWN: Final = 50
# 50 refusals of up to 250 bytes, even just after the file has been rotated.
MAX_BYTES: Final = 12_500
LONGEST_ROUTE: Final = 100


@dataclass(frozen=True)
class RefusedRequest:
    """A refused request, or the number of those that HAProxy refused within some seconds."""

    time: datetime
    route: str
    reason: str
    request_id: str

    @property
    def meaning(self) -> str:
        return MEANINGS[self.reason]


def find_refusal(error: BaseException | None) -> Refusal:
    """Return the reason of an error for which `is_unavailable` is true."""
    message = str(find_outage(error) or "")
    for messages, reason in REASONS:
        if any(words in message for words in messages):
            return reason
    return Refusal.DATABASE


def read_refusals() -> list[RefusedRequest]:
    """Return the last refusals, newest first."""
    newest = _get_journal().read()[-MAX_SHOWN:]
    return [
        RefusedRequest(
            datetime.fromtimestamp(entry["time"], UTC),
            entry["route"],
            entry["reason"],
            entry["request_id"],
        )
        for entry in reversed(newest)
    ]


def record_refusal(line: AccessLine, request_id: str) -> None:
    _append(f"{line.method} {line.route}"[:LONGEST_ROUTE], line.reason, request_id)


def record_unserved(count: int) -> None:
    if count:
        _append(f"{count} {'request' if count == 1 else 'requests'}", UNSERVED, "")


def _append(route: str, reason: str, request_id: str) -> None:
    entry = {"time": round(time.time(), 1), "route": route, "reason": reason}
    _get_journal().append(entry | {"request_id": request_id})


def _get_journal() -> Journal:
    return Journal(settings.VAR_DIR / "log/refusals.jsonl", MAX_BYTES)
