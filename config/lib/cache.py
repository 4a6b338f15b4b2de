"""A database cache whose locks survive a lost connection."""

from __future__ import annotations

import base64
import pickle
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any, Final

from django.core.cache.backends import db
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.db import connection

from config.database.repeat import repeat_if_lost

# A repeated insert recognizes the row that it added itself.
ADD: Final = """
    INSERT INTO {table} AS entry (cache_key, value, expires) VALUES (%(key)s, %(value)s, %(until)s)
    ON CONFLICT (cache_key) DO UPDATE SET value = EXCLUDED.value, expires = EXCLUDED.expires
    WHERE entry.expires < clock_timestamp()
        OR %(again)s AND (entry.value, entry.expires) = (EXCLUDED.value, EXCLUDED.expires)
"""


class DatabaseCache(db.DatabaseCache):
    """Repeat `add` and `delete` when the connection was lost.

    allauth counts its rate limits under locks made by `add`. Django's version would find its own
    lock after a lost connection and lock everyone out until it expires.
    """

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(table, params)
        self.statement = ADD.format(table=connection.ops.quote_name(table))

    def add(
        self,
        key: Any,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Add the entry atomically and return whether the key was free."""
        entry = {
            "key": self.make_and_validate_key(key, version=version),
            "value": base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("ascii"),
            "until": to_expiry(self.get_backend_timeout(timeout)),
        }
        tries = count()
        return repeat_if_lost(lambda: self.insert(entry | {"again": next(tries) > 0}))

    def insert(self, entry: dict[str, Any]) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(self.statement, entry)
            return bool(cursor.rowcount)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return repeat_if_lost(partial(super().delete, key, version))


def to_expiry(timestamp: float | None) -> datetime:
    if timestamp is None:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromtimestamp(timestamp, UTC)
