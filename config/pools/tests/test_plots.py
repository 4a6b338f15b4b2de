import re

import pytest

from config.pools.plots import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    draw_busy,
    draw_waiting,
    find_peaks,
    round_up,
)
from config.pools.samples import PoolSample, Sample

NOW = 1_800_000_000.0


def make_sample(seconds_ago, busy=0, waiting=0, pool="web"):
    figures = PoolSample(busy=busy, waiting=waiting, longest_wait=0.0)
    return Sample(NOW - seconds_ago, {pool: figures}, {}, {})


def list_bars(plot):
    """Return each bar's left edge and top."""
    return [tuple(map(float, bar)) for bar in re.findall(r"M([\d.]+) \d+V([\d.]+)H", plot.bars)]


def test_each_bar_is_the_peak_of_a_minute():
    samples = [make_sample(3599, 2), make_sample(3590, 8), make_sample(5, 3)]
    values = draw_busy(samples, "web", NOW, 10).values
    assert (values[0], values[-1], values.count(None)) == (8, 3, 58)


def test_draws_bars_from_the_left_to_the_right_edge():
    plot = draw_busy([make_sample(3599, 10), make_sample(1, 5)], "web", NOW, 10)
    width = (RIGHT - LEFT) / 60
    first, last = list_bars(plot)
    assert first == (LEFT, TOP)
    assert last == pytest.approx((RIGHT - width, (TOP + BOTTOM) / 2), abs=0.1)


def test_idle_minutes_and_gaps_have_no_bar():
    assert list_bars(draw_busy([make_sample(5, 0)], "web", NOW, 10)) == []


def test_the_limit_is_the_top_unless_exceeded():
    assert draw_busy([], "web", NOW, 10).limit == TOP
    assert draw_busy([make_sample(5, 20)], "web", NOW, 10).limit == (TOP + BOTTOM) / 2


def test_a_small_queue_looks_small():
    plot = draw_waiting([make_sample(5, waiting=1)], "web", NOW)
    assert [tick.label for tick in plot.heights] == ["0", "5"]
    assert list_bars(plot)[0][1] > (TOP + BOTTOM) / 2


def test_the_axis_fits_a_long_queue():
    plot = draw_waiting([make_sample(5, waiting=321)], "web", NOW)
    assert [tick.label for tick in plot.heights] == ["0", "250", "500"]


@pytest.mark.parametrize(("number", "rounded"), [(1, 1), (3, 5), (5, 5), (6, 10), (501, 1000)])
def test_rounds_up_to_a_readable_number(number, rounded):
    assert round_up(number) == rounded


def test_describes_the_plot_in_words():
    samples = [make_sample(600, 9), make_sample(5, 3)]
    text = draw_busy(samples, "web", NOW, 10).description
    assert text.split(". ") == [
        "At most 9, 9 min ago; 3 in the last minute",
        "58 of 60 minutes have no sample",
        "The limit is 10.",
    ]
    assert draw_waiting([], "web", NOW).description == "There are no samples yet."


def test_describes_an_empty_queue():
    samples = [make_sample(60 * number + 1) for number in range(60)]
    assert draw_waiting(samples, "web", NOW).description == "None in the last hour."


def test_ignores_the_other_pool_and_what_is_outside_the_hour():
    samples = [make_sample(5, 7, pool="jobs"), make_sample(3601, 7), make_sample(-1, 7)]
    assert find_peaks(samples, "web", NOW, lambda figures: figures.busy) == [None] * 60
