"""The run's report and its faults. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from load.caps import Peak

HEADING = (
    f"{'request':<24}{'count':>8}{'failed':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'per s':>8}"
)


@dataclass(frozen=True)
class Row:
    """Requests of one name; percentiles in ms."""

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
    """`failures` concern requests, `errors` everything else."""

    rows: Sequence[Row]
    total: Row
    failures: Sequence[str]
    errors: Sequence[str]
    jobs: int
    peaks: Sequence[Peak]
    samples: int
    refused: int

    def list_faults(self) -> Iterator[str]:
        if not self.total.count:
            yield "no requests were made"
        if self.total.failed:
            yield f"{self.total.failed:,} of {self.total.count:,} requests failed"
        for peak in self.peaks:
            if peak.connections > peak.cap:
                yield f"{peak.pool} had {peak.connections} server connections, cap {peak.cap}"
        if not self.samples:
            yield "server connections were not sampled"
        if self.refused:
            yield f"PostgreSQL refused {self.refused:,} connections"
        yield from self.errors

    def __str__(self) -> str:
        faults = list(self.list_faults())
        verdict = "no request failed, no cap was exceeded"
        return "\n".join(
            [
                *("", HEADING, *map(str, self.rows), str(self.total)),
                *(["", "failures", *self.failures] if self.failures else []),
                *("", *self._list_caps(), ""),
                f"FAILED: {'; '.join(faults)}." if faults else f"PASSED: {verdict}.",
            ]
        )

    def _list_caps(self) -> Iterator[str]:
        yield f"{'server connections':<24}{'peak':>8}{'cap':>8}"
        for peak in self.peaks:
            yield f"{peak.pool:<24}{peak.connections:>8}{peak.cap:>8}"
        yield f"{'refused (53300)':<24}{self.refused:>8,}{0:>8}"
        yield f"({self.samples:,} samples of pg_stat_activity; {self.jobs} jobs)"
