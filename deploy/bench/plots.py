"""Plots of the results over the number of clients."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from bench.results import Cell, Results
from bench.variants import VARIANTS

# On first use, matplotlib logs that it searches for fonts.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

# Okabe and Ito's colours, distinguishable with any colour vision; markers repeat the distinction.
LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "a": ("#0072B2", "o"),
    "a-direct": ("#56B4E9", "s"),
    "b": ("#D55E00", "v"),
    "c": ("#E69F00", "D"),
    "d": ("#009E73", "^"),
    "e": ("#555555", "X"),
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
GAP: Final = 0.07  # of the axis' height, between two labels

Lines = dict[str, list[tuple[int, float]]]


def draw_plots(results: Results, folder: Path) -> None:
    with mpl.rc_context(STYLE):
        _save(
            _plot_by_request(results, "requests/s", lambda cell: cell.throughput),
            folder,
            "throughput",
        )
        latency = _plot_by_request(results, "p99, ms", lambda cell: cell.p99, is_log=True)
        _save(latency, folder, "latency")
        _save(_plot_connections(results), folder, "connections")


def _plot_by_request(
    results: Results, unit: str, value: Callable[[Cell], float], *, is_log: bool = False
) -> Figure:
    requests = results.list_requests()
    figure = Figure(figsize=(8, 3.6 * len(requests)), layout="constrained")
    axes = figure.subplots(len(requests), squeeze=False)[:, 0]
    for place, request in zip(axes, requests, strict=True):
        cell = partial(_get_cell, results, request)
        lines = _collect_lines(results, cell, value)
        _draw_panel(place, lines, f"{request}, {unit}", is_log=is_log)
    return figure


def _get_cell(results: Results, request: str, key: str, clients: int) -> Cell | None:
    return results.get_cell(key, request, clients)


def _plot_connections(results: Results) -> Figure:
    figure = Figure(figsize=(8, 3.8), layout="constrained")
    axes = figure.subplots()
    lines: Lines = {
        key: [
            (clients, max(cell.connections for cell in cells))
            for clients in results.list_clients()
            if (
                cells := [
                    c for r in results.list_requests() if (c := results.get_cell(key, r, clients))
                ]
            )
        ]
        for key in _list_plotted(results)
    }
    axes.axhline(results.cap, color="#777777", linestyle="--", linewidth=1)
    axes.annotate(f"cap: {results.cap}", (1, results.cap), (2, 3), textcoords="offset points")
    _draw_panel(axes, lines, "most server connections at once, both requests", is_log=False)
    return figure


def _collect_lines(
    results: Results, cell: Callable[[str, int], Cell | None], value: Callable[[Cell], float]
) -> Lines:
    return {
        key: [(n, value(found)) for n in results.list_clients() if (found := cell(key, n))]
        for key in _list_plotted(results)
    }


def _list_plotted(results: Results) -> list[str]:
    """Leave out the references, which exceed every scale."""
    return [key for key in results.list_variants() if key in LOOKS]


def _draw_panel(axes: Any, lines: Lines, title: str, *, is_log: bool) -> None:
    for key, points in lines.items():
        colour, marker = LOOKS[key]
        width, layer = (2.6, 3) if key == "a" else (1.6, 2)
        x, y = zip(*points, strict=True)
        axes.plot(x, y, color=colour, marker=marker, linewidth=width, zorder=layer)
    axes.set_title(title, loc="left")
    axes.set_xlabel("clients")
    _set_scales(axes, lines, is_log=is_log)
    _draw_labels(axes, lines)


def _set_scales(axes: Any, lines: Lines, *, is_log: bool) -> None:
    ticks = sorted({n for points in lines.values() for n, _ in points})
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    if is_log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _draw_labels(axes: Any, lines: Lines) -> None:
    """Write each line's name beside its end, without overlaps."""
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = {key: points[-1] for key, points in lines.items() if points}
    heights = {key: float(to_axes.transform(end)[1]) for key, end in ends.items()}
    for key, height in spread(heights).items():
        colour, _ = LOOKS[key]
        axes.annotate(
            f"({key}) {VARIANTS[key].name}",
            ends[key],
            (1.04, height),
            textcoords="axes fraction",
            verticalalignment="center",
            fontweight="bold" if key == "a" else "normal",
            arrowprops={"arrowstyle": "-", "color": colour, "relpos": (0, 0.5)},
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


def _save(figure: Figure, folder: Path, name: str) -> None:
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
