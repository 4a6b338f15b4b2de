"""The table and the plot of growth: `python -m bench.growth_report FOLDER DOCUMENT`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from bench.growth import LIMIT, Line, read_lines
from bench.report import BEGIN, END


def render_table(lines: list[Line]) -> str:
    slow = [line for line in lines if line.growth > LIMIT]
    parts = ["\n".join(_render_axis(unit, list(of))) for unit, of in _group(lines)]
    named = ", ".join(f"`{line.path}` ({line.growth:.2f})" for line in slow) or "none"
    verdict = f"{len(lines) - len(slow)} of {len(lines)} stay within {LIMIT}; above: {named}."
    return "\n\n".join([*parts, verdict])


def _group(lines: list[Line]) -> Iterator[tuple[str, Iterator[Line]]]:
    return groupby(lines, key=lambda line: line.unit)


def _render_axis(unit: str, lines: list[Line]) -> Iterator[str]:
    sizes = " | ".join(f"{size:,}" for size in lines[0].sizes)
    yield f"| ms by {unit} | {sizes} | growth |"
    yield f"| --- |{' ---: |' * (len(lines[0].sizes) + 1)}"
    for line in lines:
        times = " | ".join(f"{time:,.1f}" for time in line.times)
        yield f"| `{line.path}` | {times} | {line.growth:.2f} |"


def draw_plot(lines: list[Line], file: Path) -> None:
    import matplotlib as mpl  # slow to import
    from matplotlib.figure import Figure

    from bench.plots import STYLE

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 6.4), layout="constrained")
        places = figure.subplots(2, 2).flat
        for place, (unit, group) in zip(places, _group(lines), strict=False):
            for line in group:
                relative = [ratio / line.ratios[line.base] for ratio in line.ratios]
                place.plot(line.sizes, relative, marker="o", label=line.path)
            place.axhline(LIMIT, color="#777777", linestyle="--", linewidth=1)
            place.set(xscale="log", ylim=(0, None), xlabel=unit)
            place.set_title("times, relative to a full page at the smallest size", loc="left")
            place.legend(fontsize=7)
        figure.savefig(file, metadata={"Date": None, "Creator": None})


def insert_table(document: str, lines: list[Line]) -> str:
    """Return the document with the table between its marks. Raise ValueError without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document lacks {BEGIN!r} or {END!r}")
    return f"{before}{BEGIN}\n{render_table(lines)}\n\n{END}{after}"


def main(folder: Path, document: Path) -> None:
    lines = read_lines(folder / "growth.json")
    draw_plot(lines, folder / "growth.svg")
    document.write_text(insert_table(document.read_text(), lines))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
