import time

import pytest
from django.conf import settings
from django.db import OperationalError

from config.database.tests.pools import connect_client, hold_connection
from config.pools.samples import get_journal, read_samples, record_sample
from config.tests.outages import redirect_connections

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "jobs"]),
    pytest.mark.usefixtures("log_dir"),
]


def read_newest():
    return read_samples(time.time())[-1]


def test_records_both_pools_and_postgresql():
    with hold_connection("web"):
        record_sample()
    sample = read_newest()
    assert sample.pools["web"].busy == 1
    assert sample.pools["web"].waiting == sample.pools["web"].longest_wait == 0
    assert set(sample.pools) == set(sample.abandoned) == set(sample.slots) == {"web", "jobs"}
    assert 1 <= sample.slots["web"] <= settings.POOLS["web"].slots
    assert sample.abandoned["web"] >= 0


def test_records_the_pools_if_postgresql_does_not_answer(tmp_path):
    with redirect_connections(jobs={"HOST": str(tmp_path)}):
        record_sample()
    sample = read_newest()
    assert set(sample.pools) == {"web", "jobs"}
    assert sample.abandoned == sample.slots == {}


def test_records_the_rest_if_the_slots_are_unknown(monkeypatch):
    def fail():
        raise OperationalError("no answer in time")

    monkeypatch.setattr("config.pools.samples.list_slot_holders", fail)
    record_sample()
    sample = read_newest()
    assert set(sample.abandoned) == {"web", "jobs"}
    assert sample.slots == {}


@pytest.mark.usefixtures("own_web")
def test_records_the_pool_that_answers():
    record_sample()
    assert set(read_newest().pools) == {"web"}


def test_a_sample_is_small():
    with connect_client("web"):
        record_sample()
    assert get_journal().path.stat().st_size < 300


def test_reads_the_last_hour_only():
    record_sample()
    recorded = read_newest().time
    assert len(read_samples(recorded + 3599)) == 1
    assert read_samples(recorded + 3600) == read_samples(recorded - 1) == []
