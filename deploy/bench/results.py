"""What was measured, as results.json keeps it, and the medians of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Self

from bench.variants import VARIANTS


@dataclass(frozen=True, kw_only=True)
class Run:
    """One turn of a variant: answers/s without failures, latencies in ms, failures of every kind,
    the most server connections at once."""

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
    """Its memory in MB: all it has in use, and its share where several use the same."""

    kind: str
    rss: float
    pss: float


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The medians of the rounds; of failures the sum, of connections the most."""

    throughput: float
    p50: float
    p99: float
    failures: int
    connections: int


@dataclass(frozen=True, kw_only=True)
class Results:
    """`statements` are those per request that reach PostgreSQL, by variant and request;
    `cap` is the most server connections that the web may have."""

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
            key: [Process(**one) for one in found] for key, found in values["memory"].items()
        }
        return cls(**values)

    def to_json(self) -> str:
        """With a line for each run, so that two files can be compared."""
        values = asdict(self)
        runs = ",\n  ".join(json.dumps(run) for run in values.pop("runs"))
        rest = json.dumps(values, indent=1).removesuffix("\n}")
        return f'{rest},\n "runs": [\n  {runs}\n ]\n}}\n'

    def variants(self, request: str | None = None) -> list[str]:
        found = {run.variant for run in self.runs if request in (None, run.request)}
        return [key for key in VARIANTS if key in found]

    def requests(self) -> list[str]:
        return list(dict.fromkeys(run.request for run in self.runs))

    def clients(self) -> list[int]:
        return sorted({run.clients for run in self.runs})

    def of(self, variant: str) -> list[Run]:
        return [run for run in self.runs if run.variant == variant]

    def cell(self, variant: str, request: str, clients: int) -> Cell | None:
        """What the table shows there; None for what was not measured."""
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

    def failures(self, variant: str) -> int:
        return sum(run.failures for run in self.of(variant))

    def connections(self, variant: str) -> int:
        return max(run.connections for run in self.of(variant))

    def holds(self) -> bool:
        """Whether this project answered everything, and kept below the cap."""
        own = self.of("a")
        return not own or (self.failures("a") == 0 and self.connections("a") <= self.cap)


def _median(runs: list[Run], value: Callable[[Run], float]) -> float:
    return median(map(value, runs))
