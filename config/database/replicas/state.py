"""Decide whether to read from a replica. Pure: times, in seconds of one clock, are passed in.

A position is a place in PostgreSQL's write-ahead log. A replica is as new as it was at the time of
the latest position of the primary that it has reached. This needs no common clock, and an idle
primary is no lag.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import Final

# Seconds. What was committed longer ago is visible in every read, from whichever server.
MAX_LAG: Final = 2.0
# Seconds after which a server without an answer counts as away. The primary's are so much less
# than MAX_LAG that a replica stays usable when the primary stops.
MAX_SILENCE: Final = 2.0
PRIMARY_SILENCE: Final = 1.0
# Looks that a replica must pass before it is read from, at first and after each failure.
GOOD_LOOKS: Final = 3
# Seconds between two kept positions of the primary, and their number: more than MAX_LAG.
STEP: Final = 0.25
KEPT: Final = 40

# Bytes of a page of the log, and of its header, which is longer in the first page of a file.
PAGE_SIZE: Final = 8192
PAGE_HEADERS: Final = (24, 40)

# After every other position: nobody has reached it.
NEVER: Final = 2**64 - 1


def parse_position(text: str) -> int:
    """Return a pg_lsn, such as 0/16B3748, as a number."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def skip_page_header(position: int) -> int:
    """Return where the log before the position ends.

    PostgreSQL's insert position is behind the header of a page that is empty so far, where no
    replica gets before the next record.
    """
    offset = position % PAGE_SIZE
    return position - offset if offset in PAGE_HEADERS else position


def format_position(position: int) -> str:
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


class PrimaryState:
    """The primary's positions of the last seconds."""

    def __init__(self) -> None:
        self.answered = self.unanswered = -math.inf
        self._positions: deque[tuple[float, int]] = deque(maxlen=KEPT)

    def record(self, time: float, position: int) -> None:
        """Note that what was committed before `time` is in the log before the position."""
        self.answered = max(self.answered, time)
        if not self._positions or time >= self._positions[-1][0] + STEP:
            self._positions.append((time, position))

    def record_silence(self, time: float) -> None:
        """Note that a statement begun at `time` got no answer."""
        self.unanswered = max(self.unanswered, time)

    def get_time(self, position: int) -> float:
        """Return the time before which everything committed is in the log before the position."""
        times = [time for time, known in tuple(self._positions) if known <= position]
        return max(times, default=-math.inf)

    @property
    def latest(self) -> int:
        return self._positions[-1][1] if self._positions else 0

    def is_silent(self, now: float) -> bool:
        return self.unanswered > self.answered and now - self.answered > PRIMARY_SILENCE


class ReplicaState:
    """What is known of a replica; all methods are safe in threads."""

    def __init__(self, primary: PrimaryState) -> None:
        self.primary = primary
        self.position = 0
        self.as_new_as = -math.inf
        self.answered = -math.inf
        self.good_looks = 0
        self._lock = threading.Lock()

    def record_position(self, time: float, position: int) -> None:
        """Note the position that the replica has reached, learned by any statement at `time`."""
        reached = self.primary.get_time(position)
        with self._lock:
            self.answered = max(self.answered, time)
            self.position = max(self.position, position)
            self.as_new_as = max(self.as_new_as, reached)

    def record_look(self, time: float, position: int) -> None:
        """Note the position, learned by a look: enough good ones make the replica usable."""
        self.record_position(time, position)
        with self._lock:
            self.good_looks = self.good_looks + 1 if self.is_current(time) else 0

    def record_answer(self, time: float) -> None:
        self.answered = max(self.answered, time)

    def record_failure(self) -> None:
        with self._lock:
            self.good_looks = 0

    def is_usable(self, now: float) -> bool:
        return self.good_looks >= GOOD_LOOKS and self.is_current(now)

    def is_current(self, now: float) -> bool:
        """Return whether it has all that was committed more than MAX_LAG ago.

        While the primary is silent: all that this process knows of.
        """
        if now - self.as_new_as <= MAX_LAG:
            return True
        return self.primary.is_silent(now) and self.position >= self.primary.latest

    def is_answering(self, now: float) -> bool:
        """Return whether it is at most slow: it has answered lately."""
        return now - self.answered <= MAX_SILENCE

    def get_lag(self, now: float) -> float:
        """Return the seconds by which it is behind; infinity if that is not known."""
        if self.position >= self.primary.latest:
            return 0.0
        return max(0.0, now - self.as_new_as)
