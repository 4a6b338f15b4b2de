"""Plots of the last hour as the parts of an SVG picture. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Final

from config.pools.samples import SPAN, PoolSample, Sample

BINS: Final = 60
MINUTES: Final = 60
# The picture's size, and the edges of the plot in it, in units of the picture.
WIDTH: Final = 400
HEIGHT: Final = 130
LEFT: Final = 30
RIGHT: Final = 392
TOP: Final = 12
BOTTOM: Final = 106
# The labels of the time axis, and their places as parts of its length.
TIMES: Final = (("60 min ago", 0.0), ("30 min ago", 0.5), ("now", 1.0))
# Steps of the axis of a plot without a limit.
STEPS: Final = (1, 2, 5)
LEAST_TOP: Final = 5

Value = Callable[[PoolSample], float]


@dataclass(frozen=True)
class Tick:
    """A label of an axis and its place in units of the picture."""

    label: str
    place: float


@dataclass(frozen=True)
class Plot:
    """One bar for each minute of the last hour, its highest value; None without a sample.

    `bars` is an SVG path, `description` the plot in words, `limit` the height of the limit's line.
    """

    name: str
    values: Sequence[float | None]
    bars: str
    heights: Sequence[Tick]
    times: Sequence[Tick]
    description: str
    limit: float | None = None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM


def draw_busy(samples: Sequence[Sample], pool: str, now: float, pool_size: int) -> Plot:
    values = find_peaks(samples, pool, now, lambda figures: figures.busy)
    highest = max([pool_size, *map(ceil, _list_known(values))])
    name = "Busy server connections"
    return _draw(name, values, highest, f"The limit is {pool_size}.", limit=pool_size)


def draw_waiting(samples: Sequence[Sample], pool: str, now: float) -> Plot:
    values = find_peaks(samples, pool, now, lambda figures: figures.waiting)
    highest = round_up(max([LEAST_TOP, *_list_known(values)]))
    return _draw("Waiting clients", values, highest)


def find_peaks(
    samples: Sequence[Sample], pool: str, now: float, value: Value, bins: int = BINS
) -> list[float | None]:
    """Return the pool's highest value in each of the hour's `bins` parts, oldest first."""
    peaks: list[float | None] = [None] * bins
    for sample in samples:
        number = floor((sample.time - (now - SPAN)) * bins / SPAN)
        figures = sample.pools.get(pool)
        if figures and number in range(bins):
            peaks[number] = max(value(figures), peaks[number] or 0)
    return peaks


def round_up(number: float) -> int:
    """Return the next number that is 1, 2 or 5 with zeros."""
    power = 1
    while True:
        for step in STEPS:
            if step * power >= number:
                return step * power
        power *= 10


def _draw(
    name: str,
    values: Sequence[float | None],
    highest: int,
    remark: str = "",
    limit: int | None = None,
) -> Plot:
    return Plot(
        name=name,
        values=values,
        bars=_draw_bars(values, highest),
        heights=[Tick(str(number), _place(number, highest)) for number in _list_marks(highest)],
        times=[Tick(label, LEFT + (RIGHT - LEFT) * part) for label, part in TIMES],
        description=" ".join(filter(None, [_describe(values), remark])),
        limit=None if limit is None else _place(limit, highest),
    )


def _list_marks(highest: int) -> list[int]:
    half = highest // 2 if highest % 2 == 0 else None
    return [number for number in (0, half, highest) if number is not None]


def _place(number: float, highest: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * number / highest, 1)


def _draw_bars(values: Sequence[float | None], highest: int) -> str:
    edges = [LEFT + (RIGHT - LEFT) * number / len(values) for number in range(len(values) + 1)]
    return "".join(
        f"M{left:.1f} {BOTTOM}V{_place(value, highest)}H{right:.1f}V{BOTTOM}z"
        for left, right, value in zip(edges, edges[1:], values, strict=False)
        if value
    )


def _describe(values: Sequence[float | None]) -> str:
    known = _list_known(values)
    if not known:
        return "There are no samples yet."
    most = max(known)
    ago = MINUTES - 1 - max(number for number, value in enumerate(values) if value == most)
    newest = "unknown" if values[-1] is None else f"{values[-1]:g}"
    text = f"At most {most:g}, {ago} min ago; {newest} in the last minute."
    if not most:
        text = "None in the last hour."
    missing = len(values) - len(known)
    return text + (f" {missing} of {MINUTES} minutes have no sample." if missing > 1 else "")


def _list_known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
