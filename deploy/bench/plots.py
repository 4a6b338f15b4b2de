"""Plots of the ratios over the number of clients."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from bench.pairs import Spread
from bench.results import Results, Value, get_p99, get_throughput
from bench.variants import GET, PATCH, VARIANTS

# On first use, matplotlib logs that it searches for fonts.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

# Okabe and Ito's colours, distinguishable with any colour vision; markers repeat the distinction.
LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "direct": ("#56B4E9", "s"),
    "constant": ("#555555", "X"),
    "persistent": ("#0072B2", "o"),
    "unchecked": ("#E69F00", "D"),
    "new": ("#D55E00", "v"),
    "pool": ("#009E73", "^"),
    "pgbouncer-new": ("#CC79A7", "<"),
    "pgbouncer": ("#882255", ">"),
    "asgi": ("#000000", "P"),
}
# White background, for dark pages. Text stays text, and equal results give equal files.
STYLE: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "benchmark",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#777777",
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": "#222222",
}
TICKS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
GAP: Final = 0.07  # of the axis' height, between two labels

Line = dict[int, Spread]


def draw_plots(results: Results, folder: Path) -> None:
    with mpl.rc_context(STYLE):
        _plot(results, folder / "throughput.svg", "requests/s", get_throughput)
        _plot(results, folder / "latency.svg", "p99", get_p99)


def _plot(results: Results, file: Path, unit: str, value: Value) -> None:
    figure = Figure(figsize=(8, 7.2), layout="constrained")
    for axes, request in zip(figure.subplots(2), (GET, PATCH), strict=True):
        lines = {key: _collect_line(results, key, request, value) for key in LOOKS}
        title = f"{request}: this project's {unit} as a multiple of"
        _draw_panel(axes, {key: line for key, line in lines.items() if line}, title)
    figure.savefig(file, metadata={"Date": None, "Creator": None})


def _collect_line(results: Results, key: str, request: str, value: Value) -> Line:
    spreads = {n: results.compare(key, request, n, value) for n in results.list_clients(key)}
    return {clients: spread for clients, spread in spreads.items() if spread}


def _draw_panel(axes: Any, lines: Mapping[str, Line], title: str) -> None:
    for key, line in lines.items():
        colour, marker = LOOKS[key]
        spreads = line.values()
        medians = [spread.median for spread in spreads]
        below = [spread.median - spread.low for spread in spreads]
        above = [spread.high - spread.median for spread in spreads]
        axes.errorbar(
            list(line), medians, yerr=(below, above), color=colour, marker=marker, capsize=3
        )
    axes.axhline(1, color="#777777", linewidth=1)
    axes.set_title(title, loc="left")
    axes.set_xlabel("clients")
    _set_scales(axes, sorted({clients for line in lines.values() for clients in line}))
    _draw_labels(axes, lines)


def _set_scales(axes: Any, clients: list[int]) -> None:
    for axis, ticks, form in ((axes.xaxis, clients, "{x:,.0f}"), (axes.yaxis, TICKS, "{x:g}")):
        (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)("log")
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(StrMethodFormatter(form))


def _draw_labels(axes: Any, lines: Mapping[str, Line]) -> None:
    """Write each line's name beside its end, without overlaps."""
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = {key: (max(line), line[max(line)].median) for key, line in lines.items()}
    heights = {key: float(to_axes.transform(end)[1]) for key, end in ends.items()}
    for key, height in spread(heights).items():
        axes.annotate(
            VARIANTS[key].name,
            ends[key],
            (1.04, height),
            textcoords="axes fraction",
            verticalalignment="center",
            arrowprops={"arrowstyle": "-", "color": LOOKS[key][0], "relpos": (0, 0.5)},
        )


def spread(heights: Mapping[str, float]) -> dict[str, float]:
    """Move labels up until they do not overlap, then down if they exceed the top."""
    placed: dict[str, float] = {}
    floor = 0.0
    for key, height in sorted(heights.items(), key=lambda item: item[1]):
        placed[key] = floor = max(height, floor)
        floor += GAP
    ceiling = 1.0
    for key in reversed(placed):
        placed[key] = ceiling = min(placed[key], ceiling)
        ceiling -= GAP
    return placed
