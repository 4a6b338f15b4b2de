"""Repeat idempotent actions after a lost connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import Error, connection

Result = TypeVar("Result")


def repeat_if_lost(action: Callable[[], Result]) -> Result:
    """Run an idempotent action; run it again if its connection was lost.

    Not inside a transaction, because its earlier statements are lost too.
    """
    try:
        return action()
    except Error:
        if connection.in_atomic_block or connection.is_usable():
            raise
        return action()
