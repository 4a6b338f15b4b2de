from unittest.mock import Mock

import pytest

from config.observe.refusals import UNSERVED, read_refusals
from config.pools import recorder
from config.pools.recorder import Recorder

pytestmark = pytest.mark.usefixtures("log_dir")


@pytest.fixture
def record(monkeypatch):
    """Return a function that records HAProxy's counter, with one recorder."""
    one = Recorder()

    def record(count):
        monkeypatch.setattr(recorder, "count_unserved", Mock(side_effect=[count]))
        one.record_unserved()

    return record


def list_counts():
    return [one.route for one in read_refusals() if one.reason == UNSERVED]


def test_records_the_increase(record):
    for count in (7, 7, 8, 20):
        record(count)
    assert list_counts() == ["12 requests", "1 request"]


def test_a_new_haproxy_counts_from_zero(record):
    for count in (20, 3):
        record(count)
    assert list_counts() == ["3 requests"]


def test_records_what_a_haproxy_refused_that_started_later(record):
    record(FileNotFoundError())
    record(5)
    assert list_counts() == ["5 requests"]


def test_without_haproxy_records_nothing():
    Recorder().record_unserved()
    assert list_counts() == []
