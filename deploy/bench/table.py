"""The results in Markdown: the short tables for docs/benchmark.md, and all of them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from bench.results import Cell, Process, Results
from bench.variants import GET, MEANINGS, PATCH, VARIANTS
from bench.verdicts import MOST, TYPICAL, verdicts

NOTHING = ""

Told = Callable[[Cell | None], str]


def short(results: Results) -> str:
    """Render the machine, the variants, their numbers in brief and the targets."""
    return "\n\n".join(part(results) for part in (_conditions, _lines, _brief, _targets))


def full(results: Results) -> str:
    """Everything, with a table for each number and request."""
    parts = ["# Benchmark", _conditions(results), _lines(results)]
    for request in results.requests():
        for title, told in COLUMNS.items():
            parts += [f"## {request}: {title}", _by_clients(results, request, told)]
    parts += ["## Statements per request", _statements(results)]
    parts += ["## Memory under the load of 32 clients, MB", _memory(results)]
    parts += ["## Targets", _targets(results)]
    return "\n\n".join(parts) + "\n"


def _conditions(results: Results) -> str:
    machine = dict(results.machine)
    where = f"{machine.pop('CPU')}, {machine.pop('memory')}, {machine.pop('system')}"
    versions = ", ".join(f"{name} {version}" for name, version in machine.items())
    return (
        f"Measured on {results.made} on {where}, load generator included; {versions}. gunicorn has "
        f"{results.workers} processes of {results.threads} threads in every variant. Medians of "
        f"{results.rounds} round(s) of {results.seconds} s, in which the variants took turns; who "
        "still waited at a turn's end is not in its latencies."
    )


def _brief(results: Results) -> str:
    head = [f"at {TYPICAL} / {MOST:,} clients", "GET, requests/s", "p99, ms"]
    head += ["PATCH, requests/s", "p99, ms", "failures", "connections", "statements", "memory, MB"]
    return _table(head, [_brief_line(results, key) for key in results.variants()])


def _brief_line(results: Results, key: str) -> list[str]:
    statements = results.statements.get(key, {}).values()
    shares = sum(process.pss for process in results.memory.get(key, []))
    return [
        _name(key),
        *(_pair(results, key, request, told) for request in (GET, PATCH) for told in (_rate, _p99)),
        f"{results.failures(key):,}",
        str(results.connections(key)),
        " / ".join(f"{count:g}" for count in statements),
        f"{shares:,.0f}" if shares else NOTHING,
    ]


def _pair(results: Results, key: str, request: str, told: Told) -> str:
    """The numbers under the typical and under the largest load; nothing for none of them."""
    cells = [results.cell(key, request, clients) for clients in (TYPICAL, MOST)]
    return " / ".join(told(cell) or "-" for cell in cells) if any(cells) else NOTHING


def _lines(results: Results) -> str:
    return "\n".join(f"- {_name(key)}: {MEANINGS[key]}" for key in results.variants())


def _by_clients(results: Results, request: str, told: Told) -> str:
    clients = results.clients()
    return _table(
        ["clients", *(f"{count:,}" for count in clients)],
        [
            [_name(key), *(told(results.cell(key, request, count)) for count in clients)]
            for key in results.variants(request)
        ],
    )


def _statements(results: Results) -> str:
    requests = results.requests()
    return _table(
        ["", *requests],
        [
            [_name(key), *(f"{counts[r]:g}" if r in counts else NOTHING for r in requests)]
            for key, counts in results.statements.items()
        ],
    )


def _memory(results: Results) -> str:
    kinds = list(dict.fromkeys(p.kind for found in results.memory.values() for p in found))
    return _table(
        ["share of each (in use)", *kinds, "all"],
        [
            [_name(key), *(_of_kind(found, kind) for kind in kinds), _sum(found)]
            for key, found in results.memory.items()
        ],
    )


def _of_kind(processes: Iterable[Process], kind: str) -> str:
    """The same kind's processes differ by little: how many, and their means."""
    found = [process for process in processes if process.kind == kind]
    if not found:
        return NOTHING
    pss, rss = (sum(v) / len(found) for v in zip(*((p.pss, p.rss) for p in found), strict=True))
    return f"{len(found)} x {pss:.0f} ({rss:.0f})"


def _sum(processes: Iterable[Process]) -> str:
    return f"{sum(process.pss for process in processes):.0f}"


def _targets(results: Results) -> str:
    said = verdicts(results)
    reached = Counter(verdict.outcome for verdict in said)["reached"]
    rows = [[verdict.target, verdict.measured, verdict.outcome] for verdict in said]
    head = [
        f"this project (a): {reached} of {len(said)} targets reached",
        "at 32 clients (all)",
        "",
    ]
    return _table(head, rows)


def _name(key: str) -> str:
    return f"({key}) {VARIANTS[key].name}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


def _rate(cell: Cell | None) -> str:
    return f"{cell.throughput:,.0f}" if cell else NOTHING


def _p50(cell: Cell | None) -> str:
    return _ms(cell.p50) if cell else NOTHING


def _p99(cell: Cell | None) -> str:
    return _ms(cell.p99) if cell else NOTHING


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _failures(cell: Cell | None) -> str:
    return f"{cell.failures:,}" if cell else NOTHING


def _connections(cell: Cell | None) -> str:
    return str(cell.connections) if cell else NOTHING


COLUMNS = {
    "requests/s": _rate,
    "p50, ms": _p50,
    "p99, ms": _p99,
    "failures": _failures,
    "most server connections": _connections,
}
