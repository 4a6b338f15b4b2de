"""When a pool grows and shrinks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.database.sizing.controller import Look, decide

FIRST = {"busy": 2.0, "waiting": 0, "wait": 0.0, "transaction": 0.010}
WAITED = {"busy": 2.0, "waiting": 3, "wait": 0.020}


def make_looks(*changes, before=0):
    """Return one look a second, after `before` ordinary ones."""
    return [Look(time=n, **FIRST | change) for n, change in enumerate([{}] * before + [*changes])]


def move(*changes, size=4, before=0, moved=0, floor=2, ceiling=10):
    looks = make_looks(*changes, before=before)
    return decide(looks, size, floor=floor, ceiling=ceiling, moved=moved)


@pytest.mark.parametrize(("size", "expected"), [(2, 3), (4, 5), (8, 10), (9, 10), (20, 25)])
def test_grows_by_a_quarter_when_clients_waited_twice(size, expected):
    decision = move(WAITED, WAITED, size=size, ceiling=max(10, expected))
    assert (decision.size, decision.reason) == (expected, "clients waited 20 ms")


def test_one_look_is_not_enough():
    assert move({}, WAITED).size == 4
    assert move(WAITED, {}, WAITED).size == 4


def test_short_waits_are_no_reason():
    assert move(WAITED | {"wait": 0.004}, WAITED | {"wait": 0.004}).size == 4


@pytest.mark.parametrize(("seconds", "size"), [(0.015, 5), (0.016, 4)])
def test_does_not_grow_when_the_database_is_the_limit(seconds, size):
    slow = WAITED | {"transaction": seconds}
    decision = move(slow, slow, before=3)
    assert decision.size == size
    assert not decision.is_held
    assert ("1.6 times their shortest" in decision.reason) == (size == 4)


def test_a_second_without_transactions_is_no_slow_down():
    assert move({"transaction": None}, WAITED, WAITED | {"transaction": None}).size == 5


def test_says_when_only_the_ceiling_holds_it():
    decision = move(WAITED, WAITED, size=10)
    assert (decision.size, decision.is_held) == (10, True)
    assert decision.reason == "clients waited 20 ms, at the ceiling"


def test_follows_its_ceiling_down_at_once():
    assert move({}, size=8, ceiling=3).size == 3
    assert move({}, size=8, ceiling=1).size == 1


def test_returns_to_its_floor():
    assert move({}, size=1, floor=3).size == 3
    assert move({}, size=1, floor=3, ceiling=2).size == 2


def test_shrinks_by_one_after_a_quiet_minute():
    decision = move(before=61, size=4)
    assert (decision.size, decision.reason) == (3, "less than 60% of 4 were busy for a minute")
    assert move(before=60, size=4).size == 4


def test_shrinks_once_in_ten_seconds():
    assert move(before=100, size=4, moved=90).size == 4
    assert move(before=101, size=4, moved=90).size == 3


def test_one_busy_second_of_the_minute_keeps_the_size():
    assert move({"busy": 2.4}, *[{}] * 59, before=20).size == 4
    assert move({"busy": 2.4}, *[{}] * 60, before=20).size == 3


def test_does_not_shrink_while_clients_wait():
    assert move({"waiting": 1}, before=70).size == 4


def test_does_not_shrink_below_its_floor():
    assert move(before=70, size=2).size == 2


looks = st.lists(
    st.builds(
        Look,
        time=st.floats(0, 700),
        busy=st.floats(0, 20),
        waiting=st.integers(0, 20),
        wait=st.floats(0, 1),
        transaction=st.none() | st.floats(0.001, 1),
    ),
    min_size=1,
    max_size=80,
)


@given(looks, st.integers(1, 40), st.integers(1, 10), st.integers(1, 40), st.floats(0, 700))
def test_stays_between_floor_and_ceiling(seen, size, floor, ceiling, moved):
    seen.sort(key=lambda look: look.time)
    decision = decide(seen, size, floor=floor, ceiling=ceiling, moved=moved)
    assert min(floor, ceiling) <= decision.size <= ceiling
    assert not decision.is_held or decision.size == ceiling
