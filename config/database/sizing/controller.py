"""When a pool grows and shrinks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Seconds that a client waits on average before the pool grows.
LONG_WAIT: Final = 0.005
# The database is the limit if transactions take so many times their shortest mean of MEMORY: more
# connections would only share its processors.
GRADIENT: Final = 1.5
# The pool shrinks if the last minute's busiest second used less than this part of it.
USED: Final = 0.6
QUIET_TIME: Final = 60.0
# Seconds between two steps down, so that the pool follows its load slowly.
STEP_TIME: Final = 10.0
# Seconds for which looks are kept: how long a shortest mean counts.
MEMORY: Final = 600.0


@dataclass(frozen=True)
class Look:
    """A pool's figures of the last second or so, at `time` in seconds of the monotonic clock.

    `busy` is the mean number of server connections in a transaction, `wait` how long clients
    waited (seconds), `transaction` how long one took (seconds), None if none ended.
    """

    time: float
    busy: float
    waiting: int
    wait: float
    transaction: float | None

    @property
    def is_short(self) -> bool:
        return self.waiting > 0 or self.wait > 0

    @property
    def has_waited(self) -> bool:
        return self.wait >= LONG_WAIT


@dataclass(frozen=True)
class Decision:
    """The pool's size from now on, why, and whether only the ceiling keeps it from growing."""

    size: int
    reason: str = ""
    is_held: bool = False


def decide(looks: Sequence[Look], size: int, *, floor: int, ceiling: int, moved: float) -> Decision:
    """Return the size after the last of the looks; `moved` is the time of the last move.

    The reason is empty if the pool keeps its size because nothing speaks against it.
    """
    if size > ceiling:
        return Decision(ceiling, f"at most {ceiling} are this host's")
    if size < min(floor, ceiling):
        least = min(floor, ceiling)
        return Decision(least, f"at least {least} are this host's")
    if len(looks) >= 2 and all(look.has_waited for look in looks[-2:]):
        return _grow(looks, size, ceiling)
    now = looks[-1].time if looks else moved
    if size > floor and now - moved >= STEP_TIME and _is_quiet(looks, size):
        return Decision(size - 1, f"less than {USED:.0%} of {size} were busy for a minute")
    return Decision(size)


def _grow(looks: Sequence[Look], size: int, ceiling: int) -> Decision:
    slow_down = _get_slow_down(looks)
    if slow_down > GRADIENT:
        times = f"transactions take {slow_down:.1f} times their shortest"
        return Decision(size, f"clients wait, but {times}: the database is the limit")
    waited = f"clients waited {looks[-1].wait * 1000:.0f} ms"
    if size >= ceiling:
        return Decision(size, f"{waited}, at the ceiling", is_held=True)
    return Decision(min(ceiling, size + max(1, size // 4)), waited)


def _get_slow_down(looks: Sequence[Look]) -> float:
    """Return how many times its shortest mean the last transactions took."""
    means = [look.transaction for look in looks if look.transaction]
    return means[-1] / min(means) if means else 1.0


def _is_quiet(looks: Sequence[Look], size: int) -> bool:
    """Return whether a whole minute was looked at, and none of it used much of the pool."""
    since = looks[-1].time - QUIET_TIME
    minute = [look for look in looks if look.time > since]
    is_whole = looks[0].time <= since
    return is_whole and all(look.busy < USED * size and not look.is_short for look in minute)
