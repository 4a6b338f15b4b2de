"""Ratios of turns that follow each other, and what can be concluded from them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median, quantiles
from typing import Final

# Pairs without which nothing is concluded.
FEWEST: Final = 3


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    OPEN = "not conclusive"
    UNKNOWN = "not measured"


@dataclass(frozen=True)
class Spread:
    """The median of a measured ratio, and its quartiles."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, ratios: Iterable[float]) -> Spread | None:
        """Return None without ratios; the quartiles of a single one are itself."""
        found = sorted(ratios)
        if not found:
            return None
        low, _, high = quantiles(found, method="inclusive") if found[1:] else found * 3
        return cls(median(found), low, high, len(found))

    def judge(self, limit: float, *, is_least: bool = True) -> Verdict:
        """Return OPEN for too few pairs, and if the limit lies between the quartiles."""
        if self.count < FEWEST:
            return Verdict.OPEN
        is_above, is_below = self.low >= limit, self.high < limit
        if not is_least:
            is_above, is_below = self.high <= limit, self.low > limit
        if is_above:
            return Verdict.MET
        return Verdict.MISSED if is_below else Verdict.OPEN

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def join(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst: one miss is a miss, and all must be met."""
    found = set(verdicts)
    order = (Verdict.MISSED, Verdict.OPEN, Verdict.UNKNOWN, Verdict.MET)
    return next((verdict for verdict in order if verdict in found), Verdict.UNKNOWN)
