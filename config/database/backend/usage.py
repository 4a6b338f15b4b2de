"""Counts of a request's statements, and its wait for a connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base


class CountingWrapper(base.DatabaseWrapper):
    """Counts statements, and the seconds until the first of them was answered.

    PgBouncer queues a client during its statement; the statement itself is usually short.
    """

    statements = 0
    waited = 0.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self.count)

    def reset_usage(self) -> None:
        self.statements, self.waited = 0, 0.0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        began = time.monotonic()
        try:
            return super().get_new_connection(conn_params)
        finally:
            self.waited += time.monotonic() - began

    def count(self, execute: Callable[..., Any], *statement: Any) -> Any:
        self.statements += 1
        if self.statements > 1:
            return execute(*statement)
        began = time.monotonic()
        try:
            return execute(*statement)
        finally:
            self.waited += time.monotonic() - began
