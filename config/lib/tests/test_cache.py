"""The cache's locks, of which no lost connection leaves one behind."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, connections, transaction

from config.tests.cutter import cutter_before
from config.tests.outages import led_astray

pytestmark = pytest.mark.django_db(transaction=True)

MOMENTS = ["before", "after"]


@pytest.fixture
def cutter(tmp_path_factory):
    entry = settings.DATABASES["default"]
    with cutter_before((entry["HOST"], entry["PORT"]), tmp_path_factory.mktemp("c")) as cutter:
        with led_astray(default=cutter.address):
            connections["default"].connect()
            yield cutter
        cutter.left = 0


def test_what_is_there_is_not_added():
    assert cache.add("lock", "mine", 10)
    assert not cache.add("lock", "yours", 10)
    assert cache.get("lock") == "mine"


def test_what_has_expired_is_added():
    assert cache.add("lock", "mine", -1)
    assert cache.add("lock", "yours", None)
    assert cache.get("lock") == "yours"


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_lock_is_taken_once_where_the_connection_is_lost(cutter, moment):
    with cutter.armed(1, moment):
        assert cache.add("lock", 1, 10)
    assert cutter.cuts == 1
    assert not cache.add("lock", 1, 10)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_lock_is_released_where_the_connection_is_lost(cutter, moment):
    cache.add("lock", 1, 10)
    with cutter.armed(1, moment):
        cache.delete("lock")
    assert cutter.cuts == 1
    assert cache.get("lock") is None


def test_an_outage_is_not_taken_for_a_lock(cutter):
    with cutter.armed(1, "before", again=True), pytest.raises(OperationalError):
        cache.add("lock", 1, 10)


def add_two():
    with transaction.atomic():
        cache.add("first", 1, 10)
        cache.add("second", 1, 10)


def test_a_transaction_whose_first_half_is_lost_is_not_done_in_part(cutter):
    with cutter.armed(3, "before"), pytest.raises(OperationalError):
        add_two()
    assert cache.get_many(["first", "second"]) == {}
