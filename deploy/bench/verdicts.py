"""Targets and whether the results reach them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bench.results import Cell, Results
from bench.variants import GET, PATCH

TYPICAL: Final = 32  # clients; the site's number of threads
MOST: Final = 1000
STATEMENTS: Final = {GET: 1, PATCH: 2}
UNKNOWN: Final = "not measured"
REACHED: Final = "reached"

Value = Callable[[Cell], float]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    target: str
    measured: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """A target for the ratio of (a)'s value to another variant's, under every load."""

    target: str
    other: str
    value: Value
    limit: float
    is_least: bool = True

    def judge(self, results: Results, request: str) -> Verdict:
        ratios = self._compute_ratios(results, request)
        target = f"{request}: {self.target}"
        if not ratios:
            return Verdict(target=target, measured="", outcome=UNKNOWN)
        missed = {n: gap for n, ratio in ratios.items() if (gap := self._compute_gap(ratio)) > 0}
        outcome = REACHED
        if missed:
            clients = ", ".join(map(str, missed))
            outcome = f"missed at {clients} clients, by up to {max(missed.values()):.1%}"
        return Verdict(target=target, measured=_format_ratios(ratios), outcome=outcome)

    def _compute_ratios(self, results: Results, request: str) -> dict[int, float]:
        ratios = {}
        for clients in results.list_clients():
            own = results.get_cell("a", request, clients)
            other = results.get_cell(self.other, request, clients)
            if own and other and self.value(other):
                ratios[clients] = self.value(own) / self.value(other)
        return ratios

    def _compute_gap(self, ratio: float) -> float:
        """Return the missing share of the limit; positive if missed."""
        gap = (self.limit - ratio) / self.limit
        return gap if self.is_least else -gap


RATIOS: Final = (
    Ratio(
        target="at least 2.0 x the throughput of (c)",
        other="c",
        value=lambda cell: cell.throughput,
        limit=2.0,
    ),
    Ratio(
        target="p99 no worse than (c)'s",
        other="c",
        value=lambda cell: cell.p99,
        limit=1.0,
        is_least=False,
    ),
    Ratio(
        target="at least 0.5 x the throughput of (e)",
        other="e",
        value=lambda cell: cell.throughput,
        limit=0.5,
    ),
    Ratio(
        target="PgBouncer costs at most 10 % of the throughput of (a-direct)",
        other="a-direct",
        value=lambda cell: cell.throughput,
        limit=0.9,
    ),
)


def judge_results(results: Results) -> list[Verdict]:
    requests = (GET, PATCH)
    return [
        *(ratio.judge(results, request) for ratio in RATIOS for request in requests),
        *(_judge_steadiness(results, request) for request in requests),
        *_judge_limits(results),
        *(_judge_statements(results, request) for request in requests),
    ]


def _format_ratios(ratios: dict[int, float]) -> str:
    low, high = f"{min(ratios.values()):.2f}", f"{max(ratios.values()):.2f}"
    if len(ratios) == 1:
        return f"{low} x"
    typical = f"{ratios[TYPICAL]:.2f} " if TYPICAL in ratios else ""
    return f"{typical}({low} to {high}) x"


def _judge_steadiness(results: Results, request: str) -> Verdict:
    target = f"{request}: at 1,000 clients at least 0.9 x the throughput at 32"
    most, typical = results.get_cell("a", request, MOST), results.get_cell("a", request, TYPICAL)
    if not (most and typical and typical.throughput):
        return Verdict(target=target, measured="", outcome=UNKNOWN)
    ratio = most.throughput / typical.throughput
    gap = (0.9 - ratio) / 0.9
    outcome = REACHED if gap <= 0 else f"missed by {gap:.1%}"
    return Verdict(target=target, measured=f"{ratio:.2f} x", outcome=outcome)


def _judge_limits(results: Results) -> Iterator[Verdict]:
    connections, cap = f"at most {results.cap} server connections", results.cap
    if not results.list_runs("a"):
        yield from (
            Verdict(target=t, measured="", outcome=UNKNOWN) for t in ("0 failures", connections)
        )
        return
    failures, peak = results.count_failures("a"), results.get_max_connections("a")
    yield Verdict(target="0 failures", measured=str(failures), outcome=_judge_maximum(failures, 0))
    yield Verdict(target=connections, measured=str(peak), outcome=_judge_maximum(peak, cap))


def _judge_statements(results: Results, request: str) -> Verdict:
    limit = STATEMENTS[request]
    target = f"{request}: {limit} statement{'s' * (limit > 1)}"
    measured = results.statements.get("a", {}).get(request)
    if measured is None:
        return Verdict(target=target, measured="", outcome=UNKNOWN)
    return Verdict(
        target=target,
        measured=f"{measured:g}",
        outcome=_judge_maximum(measured, limit),
    )


def _judge_maximum(value: float, limit: float) -> str:
    return REACHED if value <= limit else f"missed by {value - limit:g}"
