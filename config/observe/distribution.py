"""Values counted by buckets, which can be sent and added up: the parts of a histogram."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import Any, Final

# Bounds of the buckets. Seconds: a request may wait 10 s in a queue and run statements of 15 s.
DURATIONS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)
WAITS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
STATEMENTS: Final = (0, 1, 2, 3, 4, 6, 10, 20, 50)


class Distribution:
    """`counts` has one more item than `bounds`: the values above the last bound."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds, self.counts, self.total = bounds, [0] * (len(bounds) + 1), 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def dump(self) -> dict[str, Any]:
        return {"counts": self.counts, "total": self.total}

    def merge(self, other: Distribution) -> None:
        self.counts = [old + new for old, new in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    def list_buckets(self) -> list[tuple[str, float]]:
        """Return Prometheus' buckets: each bound and how many values are not above it."""
        names = [*(str(float(bound)) for bound in self.bounds), "+Inf"]
        return list(zip(names, accumulate(self.counts), strict=True))
