"""The pools' sizes at the moment, in a small file for the host's other processes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from django.conf import settings

# Seconds after which the file is that of a process that has stopped or hangs.
MAX_AGE: Final = 10
LARGEST_FILE: Final = 8000  # bytes
LONGEST_FAILURE: Final = 500  # characters


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


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The sizes by pool; none if no process changes them.

    `failure` says why there are none although there should be, or why they follow this host's load
    only; else it is empty.
    """

    pools: Mapping[str, PoolSize] = field(default_factory=dict)
    failure: str = ""


def get_path() -> Path:
    return Path(settings.VAR_DIR, "pool-sizes.json")


def write_sizes(sizes: Sizes) -> None:
    """Replace the file; without it, as on a full disk, the pools are sized all the same."""
    path = get_path()
    new = path.with_suffix(f".{os.getpid()}")
    pools = {name: asdict(size) for name, size in sizes.pools.items()}
    document = {"time": time.time(), "pools": pools, "failure": sizes.failure[:LONGEST_FAILURE]}
    with suppress(OSError):
        new.write_text(json.dumps(document))
        new.replace(path)


def remove_sizes() -> None:
    with suppress(OSError):
        get_path().unlink()


def read_sizes() -> Sizes:
    try:
        with get_path().open("rb") as file:
            document = json.loads(file.read(LARGEST_FILE))
        age = abs(time.time() - document["time"])
        if age > MAX_AGE:
            return Sizes(failure=_describe_age(age))
        pools = {name: PoolSize(**size) for name, size in document["pools"].items()}
        return Sizes(pools=pools, failure=document["failure"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Sizes()


def _describe_age(age: float) -> str:
    """Return what the age means; nothing if the pools have a fixed size by now."""
    policies = settings.POOLS | settings.READ_POOLS
    if not any(policy.is_sized for policy in policies.values()):
        return ""
    return f"the pools' sizes are {age:.0f} s old: `size_pools` hangs or was killed"
