"""The pools' sizes at the moment, in a small file for the host's other processes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

# Seconds after which the file is that of a process that has stopped or hangs.
MAX_AGE: Final = 10
LARGEST_FILE: Final = 4000  # bytes


@dataclass(frozen=True, kw_only=True)
class PoolSize:
    """The pool's size, the most that it may have now, and its load.

    `hosts` share the pool's slots. `reason` is that of the last move, at `moved` (seconds since
    1970). `is_held` if only the ceiling keeps the pool from growing.
    """

    size: int
    ceiling: int
    busy: float
    waiting: float
    hosts: int
    moved: float
    reason: str
    is_held: bool


def get_path() -> Path:
    return Path(settings.VAR_DIR, "pool-sizes.json")


def write_sizes(sizes: Mapping[str, PoolSize]) -> None:
    """Replace the file; without it, as on a full disk, the pools are sized all the same."""
    path = get_path()
    new = path.with_suffix(f".{os.getpid()}")
    document = {"time": time.time(), "pools": {name: asdict(size) for name, size in sizes.items()}}
    with suppress(OSError):
        new.write_text(json.dumps(document))
        new.replace(path)


def remove_sizes() -> None:
    with suppress(OSError):
        get_path().unlink()


def read_sizes() -> dict[str, PoolSize]:
    """Return the pools' sizes; none if no process changes them."""
    try:
        with get_path().open("rb") as file:
            document = json.loads(file.read(LARGEST_FILE))
        if abs(time.time() - document["time"]) > MAX_AGE:
            return {}
        return {name: PoolSize(**size) for name, size in document["pools"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
