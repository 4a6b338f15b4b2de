"""The results in Markdown: short tables for docs/benchmark.md, and all tables. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from bench.results import Cell, Process, Results
from bench.variants import GET, MEANINGS, PATCH, VARIANTS
from bench.verdicts import MOST, TYPICAL, judge_results

NOTHING = ""

Format = Callable[[Cell | None], str]


def render_short(results: Results) -> str:
    """Render the machine, the variants, the short tables and the targets."""
    return "\n\n".join(
        part(results)
        for part in (_render_conditions, _render_variants, _render_brief, _render_targets)
    )


def render_full(results: Results) -> str:
    parts = ["# Benchmark", _render_conditions(results), _render_variants(results)]
    for request in results.list_requests():
        for title, format_cell in COLUMNS.items():
            parts += [f"## {request}: {title}", _render_by_clients(results, request, format_cell)]
    parts += ["## Statements per request", _render_statements(results)]
    parts += ["## Memory under the load of 32 clients, MB", _render_memory(results)]
    parts += ["## Targets", _render_targets(results)]
    return "\n\n".join(parts) + "\n"


def _render_conditions(results: Results) -> str:
    machine = dict(results.machine)
    where = f"{machine.pop('CPU')}, {machine.pop('memory')}, {machine.pop('system')}"
    versions = ", ".join(f"{name} {version}" for name, version in machine.items())
    return (
        f"Measured on {results.made} on {where}, load generator included; {versions}. gunicorn has "
        f"{results.workers} processes of {results.threads} threads in every variant. Medians of "
        f"{results.rounds} round(s) of {results.seconds} s, in which the variants took turns; "
        "requests still waiting at a turn's end are not in its latencies."
    )


def _render_brief(results: Results) -> str:
    head = [f"at {TYPICAL} / {MOST:,} clients", "GET, requests/s", "p99, ms"]
    head += ["PATCH, requests/s", "p99, ms", "failures", "connections", "statements", "memory, MB"]
    return _render_table(head, [_render_brief_row(results, key) for key in results.list_variants()])


def _render_brief_row(results: Results, key: str) -> list[str]:
    statements = results.statements.get(key, {}).values()
    shares = sum(process.pss for process in results.memory.get(key, []))
    return [
        _get_title(key),
        *(
            _format_pair(results, key, request, format_cell)
            for request in (GET, PATCH)
            for format_cell in (_format_rate, _format_p99)
        ),
        f"{results.count_failures(key):,}",
        str(results.get_max_connections(key)),
        " / ".join(f"{count:g}" for count in statements),
        f"{shares:,.0f}" if shares else NOTHING,
    ]


def _format_pair(results: Results, key: str, request: str, format_cell: Format) -> str:
    cells = [results.get_cell(key, request, clients) for clients in (TYPICAL, MOST)]
    return " / ".join(format_cell(cell) or "-" for cell in cells) if any(cells) else NOTHING


def _render_variants(results: Results) -> str:
    return "\n".join(f"- {_get_title(key)}: {MEANINGS[key]}" for key in results.list_variants())


def _render_by_clients(results: Results, request: str, format_cell: Format) -> str:
    clients = results.list_clients()
    return _render_table(
        ["clients", *(f"{count:,}" for count in clients)],
        [
            [
                _get_title(key),
                *(format_cell(results.get_cell(key, request, count)) for count in clients),
            ]
            for key in results.list_variants(request)
        ],
    )


def _render_statements(results: Results) -> str:
    requests = results.list_requests()
    return _render_table(
        ["", *requests],
        [
            [_get_title(key), *(f"{counts[r]:g}" if r in counts else NOTHING for r in requests)]
            for key, counts in results.statements.items()
        ],
    )


def _render_memory(results: Results) -> str:
    kinds = list(dict.fromkeys(p.kind for found in results.memory.values() for p in found))
    return _render_table(
        ["share of each (in use)", *kinds, "all"],
        [
            [_get_title(key), *(_format_kind(found, kind) for kind in kinds), _format_sum(found)]
            for key, found in results.memory.items()
        ],
    )


def _format_kind(processes: Iterable[Process], kind: str) -> str:
    found = [process for process in processes if process.kind == kind]
    if not found:
        return NOTHING
    pss, rss = (sum(v) / len(found) for v in zip(*((p.pss, p.rss) for p in found), strict=True))
    return f"{len(found)} x {pss:.0f} ({rss:.0f})"


def _format_sum(processes: Iterable[Process]) -> str:
    return f"{sum(process.pss for process in processes):.0f}"


def _render_targets(results: Results) -> str:
    outcomes = judge_results(results)
    reached = Counter(verdict.outcome for verdict in outcomes)["reached"]
    rows = [[verdict.target, verdict.measured, verdict.outcome] for verdict in outcomes]
    head = [
        f"this project (a): {reached} of {len(outcomes)} targets reached",
        "at 32 clients (all)",
        "",
    ]
    return _render_table(head, rows)


def _get_title(key: str) -> str:
    return f"({key}) {VARIANTS[key].name}"


def _render_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


def _format_rate(cell: Cell | None) -> str:
    return f"{cell.throughput:,.0f}" if cell else NOTHING


def _format_p50(cell: Cell | None) -> str:
    return _format_ms(cell.p50) if cell else NOTHING


def _format_p99(cell: Cell | None) -> str:
    return _format_ms(cell.p99) if cell else NOTHING


def _format_ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _format_failures(cell: Cell | None) -> str:
    return f"{cell.failures:,}" if cell else NOTHING


def _format_connections(cell: Cell | None) -> str:
    return str(cell.connections) if cell else NOTHING


COLUMNS = {
    "requests/s": _format_rate,
    "p50, ms": _format_p50,
    "p99, ms": _format_p99,
    "failures": _format_failures,
    "most server connections": _format_connections,
}
