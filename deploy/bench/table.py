"""The results in Markdown: short tables for docs/benchmark.md, and all tables. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

from bench.pairs import FEWEST, Spread, Verdict
from bench.plan import TYPICAL
from bench.results import Results, Value, get_p99, get_throughput
from bench.targets import judge_results
from bench.variants import GET, PATCH, VARIANTS

NOTHING = ""


def render_short(results: Results) -> str:
    """Render the machine, the variants, the targets and the short table."""
    parts = (render_conditions, render_targets, render_shares, _render_variants, _render_brief)
    return "\n\n".join(filter(None, (part(results) for part in parts)))


def render_full(results: Results) -> str:
    parts = ["# Benchmark", render_conditions(results), _render_variants(results)]
    for request, (title, value) in product((GET, PATCH), VALUES.items()):
        parts += [f"## {request}: {title}", _render_by_clients(results, request, value)]
    parts += ["## Targets", render_targets(results)]
    return "\n\n".join(parts) + "\n"


def render_conditions(results: Results) -> str:
    machine = dict(results.machine)
    where = f"{machine.pop('CPU')}, {machine.pop('memory')}, {machine.pop('system')}"
    versions = ", ".join(f"{name} {version}" for name, version in machine.items())
    return (
        f"Measured on {results.made} on {where}, load generator included; {versions}. Every server "
        f"has {results.workers} processes, those with threads {results.threads} each. "
        f"{results.rounds} round(s) of turns of {results.seconds} s, and of a second or "
        "two per 200 clients. Ratios are of this project's turn to the other's beside it: the "
        "median, and in brackets the quartiles of the rounds."
    )


def render_targets(results: Results) -> str:
    outcomes = judge_results(results)
    met = Counter(outcome.verdict for outcome in outcomes)[Verdict.MET]
    rows = [[one.target, one.limit, one.measured, f"**{one.verdict}**"] for one in outcomes]
    head = [f"{met} of {len(outcomes)} targets met", "limit", "measured, by clients", "verdict"]
    return render_table(head, rows)


def render_shares(results: Results) -> str:
    """Tell where a GET's time goes, by the throughput of its parts on the same cores."""
    rest = results.compare("constant", GET, TYPICAL, get_throughput)
    sql = results.compare("statement", GET, TYPICAL, get_throughput)
    if not (rest and sql) or min(rest.count, sql.count) < FEWEST:
        return NOTHING
    session = 1 - rest.median - sql.median
    return (
        f"Of a GET's time at {TYPICAL} clients, {rest.median:.0%} is what it takes without a "
        f"database: HAProxy, gunicorn, middleware, JSON, and wrk. {sql.median:.0%} is the "
        f"session's statement in PgBouncer and PostgreSQL, as pgbench runs it. The other "
        f"{session:.0%} is what Python does to send the statement and to load the session and "
        "the user."
    )


def _render_variants(results: Results) -> str:
    meanings = (f"{_get_title(key)}: {VARIANTS[key].meaning}" for key in results.list_variants())
    return "\n".join(f"- {meaning}" for meaning in meanings)


def _render_brief(results: Results) -> str:
    head = [f"this project, as a multiple of it, at {TYPICAL} clients"]
    head += ["GET, requests/s", "p99", "PATCH, requests/s", "p99"]
    head += ["statements", "connections", "failures", "memory, MB"]
    return render_table(head, [_render_brief_row(results, key) for key in results.list_variants()])


def _render_brief_row(results: Results, key: str) -> list[str]:
    statements = results.statements.get(key, {}).values()
    return [
        _get_title(key),
        *(
            _format(results.compare(key, request, TYPICAL, value))
            for request, value in product((GET, PATCH), (get_throughput, get_p99))
        ),
        " / ".join(map(str, statements)),
        str(results.get_max_connections(key)),
        f"{results.count_failures(key):,}",
        f"{results.memory[key]:,.0f}" if key in results.memory else NOTHING,
    ]


def _render_by_clients(results: Results, request: str, value: Value) -> str:
    """Render the variant's own median, and this project's ratio to it."""
    clients = sorted({run.clients for run in results.runs})
    rows = []
    for key in results.list_variants():
        cells = [_format_cell(results, key, request, count, value) for count in clients]
        if any(cells):
            rows.append([_get_title(key), *cells])
    return render_table(["clients", *(f"{count:,}" for count in clients)], rows)


def _format_cell(results: Results, key: str, request: str, clients: int, value: Value) -> str:
    number = _format_number(results.get_median(key, request, clients, value))
    ratio = _format(results.compare(key, request, clients, value))
    return f"{number}; {ratio}" if ratio else number


def _get_title(key: str) -> str:
    return VARIANTS[key].name


def _format(spread: Spread | None) -> str:
    return str(spread) if spread else NOTHING


def _format_number(value: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def render_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


VALUES: dict[str, Value] = {"requests/s": get_throughput, "p99, ms": get_p99}
