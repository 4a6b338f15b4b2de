"""The targets and whether the results meet them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.pairs import Spread, Verdict, join
from bench.plan import LATENCIES, MOST, TYPICAL
from bench.results import Results, Value, get_p99, get_throughput
from bench.variants import GET, PATCH


@dataclass(frozen=True, kw_only=True)
class Outcome:
    target: str
    limit: str
    measured: str
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Target:
    """A limit of the site's value as a multiple of a variant's, under every number of clients."""

    name: str
    request: str
    pair: str
    value: Value
    limit: float
    limit_of_one: float | None = None  # for 1 client, if another
    is_least: bool = True

    def judge(self, results: Results) -> Outcome:
        spreads = {
            clients: results.compare(self.pair, self.request, clients, self.value)
            for clients in results.list_clients(self.pair)
        }
        return Outcome(
            target=f"{self.request}: {self.name}",
            limit=self._describe_limit(),
            measured="; ".join(f"{clients:,}: {s or 'too few'}" for clients, s in spreads.items()),
            verdict=describe_verdicts({n: self._judge(n, s) for n, s in spreads.items()}),
        )

    def _judge(self, clients: int, spread: Spread | None) -> Verdict:
        if spread is None:
            return Verdict.OPEN
        return spread.judge(self._get_limit(clients), is_least=self.is_least)

    def _get_limit(self, clients: int) -> float:
        return self.limit_of_one if clients == 1 and self.limit_of_one else self.limit

    def _describe_limit(self) -> str:
        sign = ">=" if self.is_least else "<="
        at_one = f", {self.limit_of_one} at 1" if self.limit_of_one else ""
        return f"{sign} {self.limit}{at_one}"


def describe_verdicts(verdicts: dict[int, Verdict]) -> str:
    """Return the worst verdict; unless all are alike, with the numbers of clients."""
    verdict = join(verdicts.values())
    where = [f"{clients:,}" for clients, found in verdicts.items() if found == verdict]
    return str(verdict) if len(where) == len(verdicts) else f"{verdict} at {', '.join(where)}"


def _compare_both(**values: float) -> Iterator[Target]:
    """Yield the targets that are the same for both requests."""
    for request in (GET, PATCH):
        yield Target(
            name="p99 against stock, persistent",
            request=request,
            pair=LATENCIES,
            value=get_p99,
            limit=values["p99"],
            is_least=False,
        )
    for request in (GET, PATCH):
        yield Target(
            name="throughput against the same without PgBouncer",
            request=request,
            pair="direct",
            value=get_throughput,
            limit=values["direct"],
        )


TARGETS: Final = (
    Target(
        name="throughput against stock, persistent",
        request=GET,
        pair="persistent",
        value=get_throughput,
        limit=3.0,
    ),
    Target(
        name="throughput against stock, persistent",
        request=PATCH,
        pair="persistent",
        value=get_throughput,
        limit=2.0,
        limit_of_one=1.5,
    ),
    Target(
        name="throughput against no database",
        request=GET,
        pair="constant",
        value=get_throughput,
        limit=0.5,
    ),
    *_compare_both(p99=0.7, direct=0.95),
)
STEADINESS: Final = 0.95


def judge_results(results: Results) -> list[Outcome]:
    return [
        *(target.judge(results) for target in TARGETS),
        *(_judge_steadiness(results, request) for request in (GET, PATCH)),
        _judge_most("server connections", results.get_max_connections("site"), results.cap),
        _judge_most("failures", results.count_failures("site"), 0),
    ]


def _judge_steadiness(results: Results, request: str) -> Outcome:
    spread = results.compare_most(request, get_throughput)
    return Outcome(
        target=f"{request}: throughput at {MOST:,} clients against {TYPICAL}",
        limit=f">= {STEADINESS}",
        measured=str(spread or ""),
        verdict=spread.judge(STEADINESS) if spread else Verdict.UNKNOWN,
    )


def _judge_most(target: str, value: int, limit: int) -> Outcome:
    verdict = Verdict.MET if value <= limit else Verdict.MISSED
    return Outcome(target=target, limit=f"<= {limit}", measured=str(value), verdict=verdict)
