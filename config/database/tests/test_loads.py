"""A pool's load, from two readings of PgBouncer's counters."""

from dataclasses import replace

import pytest

from config.database.sizing.loads import Counters, build_look, compare

START = Counters(
    time=100.0,
    in_transaction=50.0,
    transactions=1000,
    waited=5.0,
    active=2,
    servers=4,
    waiting=0,
    longest_wait=0.0,
    size=4,
)


def look(*, start=START, **changes):
    interval = compare(start, replace(start, **{"time": 101.0} | changes))
    return build_look([interval])


def test_busy_is_the_time_in_transactions():
    seen = look(in_transaction=53.0, transactions=1100)
    assert (seen.busy, seen.transaction, seen.wait) == (3.0, pytest.approx(0.03), 0.0)


def test_a_short_wait_is_no_work():
    seen = look(in_transaction=54.0, waited=6.0, transactions=1100)
    assert (seen.busy, seen.transaction, seen.wait) == (3.0, pytest.approx(0.03), 0.01)


def test_while_clients_queue_all_connections_work():
    queue = replace(START, waiting=18, active=4)
    seen = look(start=queue, in_transaction=90.0, waited=41.0, transactions=1080)
    assert (seen.busy, seen.transaction) == (4.0, pytest.approx(0.05))


def test_a_queue_that_begins_makes_no_mean():
    """Transactions count from their start, so that they would seem short."""
    assert look(in_transaction=51.0, transactions=1058, waiting=18).transaction is None


def test_few_transactions_make_no_mean():
    assert look(in_transaction=51.0, transactions=1009).transaction is None
    assert look().transaction is None


def test_several_looks_make_a_mean_together():
    parts = [
        compare(START, replace(START, time=101.0, in_transaction=50.3, transactions=1006)),
        compare(START, replace(START, time=101.0, in_transaction=50.5, transactions=1010)),
        compare(START, replace(START, time=101.0, waiting=5, transactions=1010)),
    ]
    assert build_look(parts).transaction == pytest.approx(0.05)


def test_a_connection_that_stays_active_is_busy():
    assert look().busy == 2
    assert look(active=1).busy == 1


def test_a_long_transaction_counts_once():
    assert look(in_transaction=350.0, transactions=1001).busy == 4


def test_the_first_client_has_waited_longest():
    assert look(transactions=1100, waited=6.0, longest_wait=0.7).wait == 0.7


def test_a_restart_gives_no_load():
    after = replace(START, time=101.0, transactions=3, waited=0.0, in_transaction=0.1)
    assert compare(START, after) is None
