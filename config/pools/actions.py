"""The buttons of the page: reconnect, pause and resume a pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from config.database.monitor import status
from config.database.monitor.console import Console
from config.database.policy import PoolPolicy

# Seconds that a pause waits for open transactions.
PAUSE_TIMEOUT: Final = 3


@dataclass(frozen=True)
class Action:
    """A button: what it does in words, and the pools that have it.

    `done` is its entry in the history.
    """

    name: str
    label: str
    done: str
    effect: str
    pools: tuple[str, ...]
    run: Callable[[PoolPolicy], str]


def pause(policy: PoolPolicy) -> str:
    durations = status.pause([policy], PAUSE_TIMEOUT)
    return status.describe_pause(policy, durations[policy.name])


def resume(policy: PoolPolicy) -> str:
    with Console(policy) as console:
        return status.resume(console)


def reconnect(policy: PoolPolicy) -> str:
    with Console(policy) as console:
        return status.reconnect(console)


RECONNECT: Final = Action(
    "reconnect",
    "Reconnect",
    "reconnected",
    "Each server connection is closed when it is free, and opened again when it is needed. "
    "No request fails.",
    ("web", "jobs"),
    reconnect,
)
# The page itself works through the jobs pool, and could not resume that.
PAUSE: Final = Action(
    "pause",
    "Pause",
    "paused",
    "Requests wait. After the query wait they get an error (503), until you resume the pool. "
    "Running transactions end first.",
    ("web",),
    pause,
)
RESUME: Final = Action(
    "resume",
    "Resume",
    "resumed",
    "The requests that wait go on. A pool that is not paused stays as it is.",
    ("web", "jobs"),
    resume,
)
ACTIONS: Final = (RECONNECT, PAUSE, RESUME)
