"""What may run twice, and so needs not fail by a connection that was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import Error, connection

Result = TypeVar("Result")


def repeat_if_lost(act: Callable[[], Result]) -> Result:
    """Do what has the same effect done twice; again where its connection was lost.

    Not within a transaction, whose first half is lost as well.
    """
    try:
        return act()
    except Error:
        if connection.in_atomic_block or connection.is_usable():
            raise
        return act()
