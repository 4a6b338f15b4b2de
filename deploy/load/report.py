"""What a run showed, as text, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from load.caps import Peak

HEADING = (
    f"{'request':<24}{'count':>8}{'failed':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'per s':>8}"
)


@dataclass(frozen=True)
class Row:
    """Requests of one name: how many, of them failed; percentiles in ms; how many a second."""

    name: str
    count: int
    failed: int
    p50: float
    p95: float
    p99: float
    per_second: float

    def __str__(self) -> str:
        percentiles = "".join(f"{value:>9,.0f}" for value in (self.p50, self.p95, self.p99))
        counts = f"{self.count:>8,}{self.failed:>8,}"
        return f"{self.name:<24}{counts}{percentiles}{self.per_second:>8.1f}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """`failures`, of requests, and `complaints`, of all else, are in words already."""

    rows: Sequence[Row]
    total: Row
    failures: Sequence[str]
    complaints: Sequence[str]
    jobs: int
    peaks: Sequence[Peak]
    looks: int
    refusals: int

    def faults(self) -> Iterator[str]:
        """Everything for which the run has failed."""
        if not self.total.count:
            yield "nobody asked for anything"
        if self.total.failed:
            yield f"{self.total.failed:,} of {self.total.count:,} requests failed"
        for peak in self.peaks:
            if peak.connections > peak.cap:
                yield f"{peak.pool} had {peak.connections} server connections, not {peak.cap}"
        if not self.looks:
            yield "nobody looked at the server connections"
        if self.refusals:
            yield f"PostgreSQL refused {self.refusals:,} connections"
        yield from self.complaints

    def __str__(self) -> str:
        faults = list(self.faults())
        verdict = "no request failed, no cap was passed"
        return "\n".join(
            [
                *("", HEADING, *map(str, self.rows), str(self.total)),
                *(["", "failures", *self.failures] if self.failures else []),
                *("", *self._caps(), ""),
                f"FAILED: {'; '.join(faults)}." if faults else f"PASSED: {verdict}.",
            ]
        )

    def _caps(self) -> Iterator[str]:
        yield f"{'server connections':<24}{'peak':>8}{'cap':>8}"
        for peak in self.peaks:
            yield f"{peak.pool:<24}{peak.connections:>8}{peak.cap:>8}"
        yield f"{'refused (53300)':<24}{self.refusals:>8,}{0:>8}"
        yield f"({self.looks:,} looks at pg_stat_activity; {self.jobs} jobs beside)"
