"""When a replica is read from."""

import math

import pytest

from config.database.replicas.state import (
    KEPT,
    NEVER,
    PrimaryState,
    ReplicaState,
    format_position,
    parse_position,
    skip_page_header,
)


@pytest.fixture
def primary():
    return PrimaryState()


@pytest.fixture
def replica(primary):
    return ReplicaState(primary)


def look(replica, now, ours, theirs):
    replica.primary.record(now, ours)
    replica.record_look(now, theirs)


def look_thrice(replica, start=0.0):
    for number in range(3):
        look(replica, start + number / 2, 100, 100)


def test_three_good_looks_make_it_usable(replica):
    for number in range(3):
        assert not replica.is_usable(number)
        look(replica, number, 100, 100)
    assert replica.is_usable(3)


def test_a_failure_costs_three_good_looks(replica):
    look_thrice(replica)
    replica.record_failure()
    look(replica, 2, 100, 100)
    look(replica, 2.5, 100, 100)
    assert not replica.is_usable(2.5)
    look(replica, 3, 100, 100)
    assert replica.is_usable(3)


def test_idle_primary_is_no_lag(replica):
    for number in range(100):
        look(replica, number, 100, 100)
    assert replica.is_usable(100)
    assert replica.get_lag(1000) == 0


def test_it_is_left_when_it_lags_by_two_seconds(replica):
    look_thrice(replica)
    for number in range(1, 5):
        look(replica, 1 + number / 2, 100 + number, 100)
    assert replica.is_usable(3)
    assert not replica.is_usable(3.1)
    assert replica.get_lag(3) == 2


def test_a_lagging_replica_returns_after_three_good_looks(replica):
    look_thrice(replica)
    look(replica, 4, 200, 100)
    for now in (4.5, 5, 5.5):
        assert not replica.is_usable(now)
        look(replica, now, 200, 200)
    assert replica.is_usable(5.5)


def test_any_statement_tells_the_position(replica):
    look_thrice(replica)
    replica.primary.record(3, 200)
    assert not replica.is_usable(3.5)
    replica.record_position(3.2, 200)
    assert replica.is_usable(3.5)


def test_reading_goes_on_while_the_primary_is_silent(replica, primary):
    look_thrice(replica)
    assert not replica.is_usable(60)
    primary.record_silence(1.5)
    assert not primary.is_silent(1.9)
    assert primary.is_silent(60)
    assert replica.is_usable(60)


def test_a_replica_without_all_writes_is_not_read_from_while_the_primary_is_silent(replica):
    look_thrice(replica)
    replica.primary.record(1.4, 200)
    replica.primary.record_silence(1.5)
    assert not replica.is_usable(60)


def test_an_answer_ends_the_silence(primary):
    primary.record_silence(1)
    assert primary.is_silent(5)
    primary.record(5, 100)
    assert not primary.is_silent(60)


def test_a_primary_that_was_never_asked_is_not_silent(primary):
    assert not primary.is_silent(5)


def test_answers_tell_a_slow_replica_from_a_stuck_one(replica):
    assert not replica.is_answering(0)
    replica.record_answer(10)
    assert replica.is_answering(12)
    assert not replica.is_answering(12.1)


def test_keeps_few_positions(primary):
    for number in range(10_000):
        primary.record(number / 100, number)
    assert primary.get_time(9_999) >= 99.7
    assert primary.get_time(9_999 - 30 * KEPT) == -math.inf
    assert primary.answered == 99.99


@pytest.mark.parametrize("text", ["0/0", "0/16B3748", "FF/FFFFFFFF"])
def test_positions_are_numbers(text):
    assert format_position(parse_position(text)) == text


def test_nobody_reaches_the_last_position():
    assert parse_position("FFFFFFFF/FFFFFFFF") == NEVER
    assert parse_position("1/0") > parse_position("0/FFFFFFFF")


@pytest.mark.parametrize(
    ("position", "end"), [("0/2018", "0/2000"), ("0/1000028", "0/1000000"), ("0/2020", "0/2020")]
)
def test_an_empty_page_ends_before_its_header(position, end):
    assert format_position(skip_page_header(parse_position(position))) == end
