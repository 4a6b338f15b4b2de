"""Who waits before a lane's threads, and who is turned away."""

import threading

import pytest

from config.tests.processes import wait_until
from config.web.lane import Lane, Pace

PATIENCE = 10.0


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def lane(gate):
    """Two threads, each of which is busy until the gate opens, from the second 0 on."""
    done = []
    lane = Lane(2, PATIENCE, lambda item: (gate.wait(), done.append(item)))
    lane.done = done
    for item in "ab":
        lane.submit(0.0, item)
    wait_until(lambda: not lane.queue, 5, "both have begun")
    return lane


def test_a_thread_does_what_is_submitted(gate, lane):
    lane.submit(1.0, "c")
    gate.set()
    wait_until(lambda: sorted(lane.done) == ["a", "b", "c"], 5, "all is done")


def test_behind_threads_that_get_nowhere_nobody_waits_for_them_as_long_again(lane):
    lane.submit(0.0, "early")
    lane.submit(4.0, "late")
    assert lane.turn_away(5.0) == []
    assert lane.turn_away(5.1) == ["early"]
    assert lane.turn_away(7.1) == ["late"]
    assert lane.inside == 2


def test_behind_threads_that_get_on_one_waits_almost_the_whole_time(lane):
    for tenth in range(100):
        lane.pace.ended(tenth / 10)
    lane.submit(0.0, "early")
    assert lane.turn_away(9.7) == []
    assert lane.turn_away(9.9) == ["early"]


def test_who_is_just_being_fetched_is_not_turned_away(gate, lane):
    gate.set()
    wait_until(lambda: len(lane.done) == 2, 5, "both are free")
    for _ in range(2):
        lane.ended(1.0)
    lane.queue.append((1.0, "c"))
    assert lane.turn_away(100.0) == []


def test_who_was_turned_away_is_not_served(gate, lane):
    lane.submit(0.0, "c")
    assert lane.turn_away(9.0) == ["c"]
    gate.set()
    wait_until(lambda: len(lane.done) == 2, 5, "both are done")
    lane.submit(9.0, "d")
    wait_until(lambda: sorted(lane.done) == ["a", "b", "d"], 5, "and the next one")


def test_one_slow_request_among_quick_ones_does_not_change_the_pace():
    pace = Pace(4, PATIENCE)
    pace.begin(0.0)
    for hundredth in range(1000):
        pace.ended(hundredth / 100)
    assert pace.seconds(10.0) == pytest.approx(0.04, rel=0.1)


def test_a_moment_after_the_threads_are_full_the_pace_promises_nothing_bad():
    pace = Pace(16, PATIENCE)
    pace.begin(100.0)
    assert pace.seconds(100.5) == 0.5
