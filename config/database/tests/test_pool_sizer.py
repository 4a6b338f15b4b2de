"""A pool that follows its load, with its own PgBouncer."""

import time
from dataclasses import replace

import pytest

from config.database.monitor.console import Console
from config.database.policy import WEB
from config.database.sizing import controller
from config.database.sizing.pool_sizer import PoolSizer
from config.database.tests.hosts import pgbench
from config.database.tests.servers import run_pgbouncer

SLEEP = "SELECT pg_sleep(0.05)"
BURN = "SELECT count(*) FROM generate_series(1, 100000)"
POLICY = replace(WEB, name="test", max_connections=10, min_connections=2)


@pytest.fixture
def place(settings):
    server = settings.POSTGRES["web"]
    with run_pgbouncer(POLICY, server, budget=10) as where:
        settings.PGBOUNCER_HOST = where["host"]
        yield where


@pytest.fixture
def pool(place):
    pool = PoolSizer(POLICY)
    pool.size = POLICY.min_connections
    yield pool
    pool.stop()


def look(pool, seconds, interval=0.25):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pool.look()
        time.sleep(interval)
    return pool.describe()


def count_transactions():
    with Console(POLICY) as console:
        return sum(int(row["xact_count"]) for row in console.show("STATS_TOTALS"))


def measure_throughput(seconds):
    before, began = count_transactions(), time.monotonic()
    time.sleep(seconds)
    return (count_transactions() - before) / (time.monotonic() - began)


def test_grows_while_statements_wait_and_shrinks_when_they_stop(
    settings, place, pool, monkeypatch, record_property
):
    monkeypatch.setattr(controller, "QUIET_TIME", 1.0)
    monkeypatch.setattr(controller, "STEP_TIME", 0.2)
    server = settings.POSTGRES["web"]
    with pgbench(place, server, SLEEP, clients=20):
        pool.look()
        first = measure_throughput(1)
        size = look(pool, 5)
        assert (size.size, size.is_held) == (10, True), list(pool.looks)
        assert size.reason.startswith("from 8, clients waited ")
        last = measure_throughput(1)
        record_property("statements/s with 2 and 10", f"{first:.0f}, {last:.0f}")
        assert last > 3 * first
    assert look(pool, 6).size == 2
    assert "were busy for a minute" in pool.describe().reason
    with Console(POLICY) as console:
        assert console.get_entry()["pool_size"] == 2


@pytest.mark.alone  # beside other processes, more backends get more of the processors
def test_does_not_grow_while_statements_burn_the_processor(settings, place, pool, record_property):
    with pgbench(place, settings.POSTGRES["web"], BURN, clients=20):
        size = look(pool, 6)
    record_property("size", size.size)
    assert size.waiting >= 10
    assert size.size <= 6


def test_sets_its_size_again_after_a_reload(place, pool):
    pool.look()
    with Console(POLICY) as console:
        console.run("RELOAD")
        assert console.get_entry()["pool_size"] == 10
        pool.look()
        assert console.get_entry()["pool_size"] == 2


def test_leaves_the_policys_size(place, pool):
    pool.look()
    pool.stop()
    with Console(POLICY) as console:
        assert console.get_entry()["pool_size"] == 10


def test_goes_on_after_a_restart_of_pgbouncer(settings, place, pool):
    pool.look()
    there = settings.PGBOUNCER_HOST
    settings.PGBOUNCER_HOST = "/nowhere"
    pool.console.close()
    pool.look()
    assert pool.failure.startswith("PgBouncer of the test pool does not answer")
    settings.PGBOUNCER_HOST = there
    pool.look()
    assert (pool.failure, pool.describe().size) == ("", 2)
