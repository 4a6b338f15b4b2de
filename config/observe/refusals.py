"""Tell for what reason the database refused a request."""

from __future__ import annotations

from typing import Final

from config.database.errors import find_outage
from config.observe.events import Refusal

# Parts of the messages of PgBouncer and PostgreSQL. The first match wins.
REASONS: Final = (
    ("query_wait_timeout", Refusal.QUERY_WAIT),
    ("no more connections allowed", Refusal.CLIENT_LIMIT),
    ("max_client_conn", Refusal.CLIENT_LIMIT),
    ("client connections exceeded", Refusal.CLIENT_LIMIT),
    ("statement timeout", Refusal.STATEMENT_TIMEOUT),
)


def find_refusal(error: BaseException | None) -> Refusal:
    """Return the reason of an error for which `is_unavailable` is true."""
    message = str(find_outage(error) or "")
    return next((reason for words, reason in REASONS if words in message), Refusal.DATABASE)
