"""Measurements, as stored in results.json, and their medians. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Self

from bench.variants import VARIANTS


@dataclass(frozen=True, kw_only=True)
class Run:
    """A turn: successful responses/s, latencies in ms, failures, maximum of server connections."""

    round: int
    variant: str
    request: str
    clients: int
    throughput: float
    p50: float
    p99: float
    failures: int
    connections: int


@dataclass(frozen=True, kw_only=True)
class Process:
    """Memory in MB: resident, and proportional share of shared pages."""

    kind: str
    rss: float
    pss: float


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Medians of the rounds; the sum of failures and the maximum of connections."""

    throughput: float
    p50: float
    p99: float
    failures: int
    connections: int


@dataclass(frozen=True, kw_only=True)
class Results:
    """`statements`: per request, by variant; `cap`: server connections of the web pool."""

    made: str
    rounds: int
    seconds: int
    workers: int
    threads: int
    cap: int
    machine: Mapping[str, str]
    statements: Mapping[str, Mapping[str, float]]
    memory: Mapping[str, list[Process]]
    runs: list[Run]

    @classmethod
    def from_json(cls, text: str) -> Self:
        values: dict[str, Any] = json.loads(text)
        values["runs"] = [Run(**run) for run in values["runs"]]
        values["memory"] = {
            key: [Process(**process) for process in processes]
            for key, processes in values["memory"].items()
        }
        return cls(**values)

    def to_json(self) -> str:
        """Write a line per run, so that diffs are readable."""
        values = asdict(self)
        runs = ",\n  ".join(json.dumps(run) for run in values.pop("runs"))
        rest = json.dumps(values, indent=1).removesuffix("\n}")
        return f'{rest},\n "runs": [\n  {runs}\n ]\n}}\n'

    def list_variants(self, request: str | None = None) -> list[str]:
        found = {run.variant for run in self.runs if request in (None, run.request)}
        return [key for key in VARIANTS if key in found]

    def list_requests(self) -> list[str]:
        return list(dict.fromkeys(run.request for run in self.runs))

    def list_clients(self) -> list[int]:
        return sorted({run.clients for run in self.runs})

    def list_runs(self, variant: str) -> list[Run]:
        return [run for run in self.runs if run.variant == variant]

    def get_cell(self, variant: str, request: str, clients: int) -> Cell | None:
        """Return the medians, or None if not measured."""
        wanted = (variant, request, clients)
        runs = [run for run in self.runs if (run.variant, run.request, run.clients) == wanted]
        if not runs:
            return None
        return Cell(
            throughput=_median(runs, lambda run: run.throughput),
            p50=_median(runs, lambda run: run.p50),
            p99=_median(runs, lambda run: run.p99),
            failures=sum(run.failures for run in runs),
            connections=max(run.connections for run in runs),
        )

    def count_failures(self, variant: str) -> int:
        return sum(run.failures for run in self.list_runs(variant))

    def get_max_connections(self, variant: str) -> int:
        return max(run.connections for run in self.list_runs(variant))

    def is_passed(self) -> bool:
        """Return whether this project had no failures and stayed within the cap."""
        runs = self.list_runs("a")
        return not runs or (
            self.count_failures("a") == 0 and self.get_max_connections("a") <= self.cap
        )


def _median(runs: list[Run], value: Callable[[Run], float]) -> float:
    return median(map(value, runs))
