"""Measurements, as stored in results.json, and their ratios. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from math import isnan, nan
from statistics import median
from typing import Any, Final, Self

from bench.pairs import Spread
from bench.plan import MOST, STEADY, TYPICAL
from bench.variants import VARIANTS

# Responses per client without which a turn tells nothing about the latencies.
RESPONSES_PER_CLIENT: Final = 2


@dataclass(frozen=True, kw_only=True)
class Run:
    """A turn: verified responses and those per second, latencies in ms, failures of all kinds, and
    the maximum of server connections."""

    round: int
    pair: str
    variant: str
    request: str
    clients: int
    responses: int
    throughput: float
    p50: float
    p99: float
    failures: int
    connections: int

    @property
    def has_latencies(self) -> bool:
        return self.responses >= RESPONSES_PER_CLIENT * self.clients


Value = Callable[[Run], float]


@dataclass(frozen=True, kw_only=True)
class Results:
    """`statements`: per request, by variant; `memory`: in MB; `cap`: the web pool's connections."""

    made: str
    rounds: int
    seconds: int
    workers: int
    threads: int
    cap: int
    machine: Mapping[str, str]
    statements: Mapping[str, Mapping[str, int]]
    memory: Mapping[str, float]
    runs: list[Run]

    @classmethod
    def from_json(cls, text: str) -> Self:
        values: dict[str, Any] = json.loads(text)
        values["runs"] = [Run(**run) for run in values["runs"]]
        return cls(**values)

    def to_json(self) -> str:
        """Write a line per run, so that diffs are readable."""
        values = asdict(self)
        runs = ",\n  ".join(json.dumps(run) for run in values.pop("runs"))
        rest = json.dumps(values, indent=1).removesuffix("\n}")
        return f'{rest},\n "runs": [\n  {runs}\n ]\n}}\n'

    def list_variants(self) -> list[str]:
        return [key for key in VARIANTS if any(run.variant == key for run in self.runs)]

    def list_clients(self, pair: str) -> list[int]:
        return sorted({run.clients for run in self.runs if run.pair == pair})

    def list_runs(self, variant: str) -> list[Run]:
        return [run for run in self.runs if run.variant == variant]

    def compare(self, pair: str, request: str, clients: int, value: Value) -> Spread | None:
        """Return the site's value as a multiple of the variant's, by pairs of turns."""
        wanted = (pair, request, clients)
        turns = [run for run in self.runs if (run.pair, run.request, run.clients) == wanted]
        own = {run.round: run for run in turns if run.variant == "site"}
        others = {run.round: run for run in turns if run.variant == pair}
        return Spread.of(_divide(own, others, value))

    def compare_most(self, request: str, value: Value) -> Spread | None:
        """Return the site's value under MOST clients as a multiple of that under TYPICAL."""
        turns = [run for run in self.runs if (run.pair, run.request) == (STEADY, request)]
        most = {run.round: run for run in turns if run.clients == MOST}
        typical = {run.round: run for run in turns if run.clients == TYPICAL}
        return Spread.of(_divide(most, typical, value))

    def get_median(self, variant: str, request: str, clients: int, value: Value) -> float | None:
        wanted = (variant, request, clients)
        runs = [run for run in self.runs if (run.variant, run.request, run.clients) == wanted]
        values = [found for run in runs if not isnan(found := value(run))]
        return median(values) if values else None

    def count_failures(self, variant: str) -> int:
        return sum(run.failures for run in self.list_runs(variant))

    def get_max_connections(self, variant: str) -> int:
        return max(run.connections for run in self.list_runs(variant))

    def is_passed(self) -> bool:
        """Return whether this project had no failures and stayed within the cap."""
        return self.count_failures("site") == 0 and self.get_max_connections("site") <= self.cap


def get_throughput(run: Run) -> float:
    return run.throughput


def get_p99(run: Run) -> float:
    """Return NaN if too few requests were answered to tell."""
    return run.p99 if run.has_latencies else nan


def _divide(own: dict[int, Run], others: dict[int, Run], value: Value) -> Iterator[float]:
    """Leave out the pairs of which a value is missing."""
    for number in own.keys() & others.keys():
        above, below = value(own[number]), value(others[number])
        if not isnan(above) and below > 0:
            yield above / below
