"""The cache's locks survive a lost connection."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, connections, transaction

from config.tests.cutter import run_cutter
from config.tests.outages import redirect_connections

pytestmark = pytest.mark.django_db(transaction=True)

MOMENTS = ["before", "after"]


@pytest.fixture
def cutter(tmp_path_factory):
    entry = settings.DATABASES["default"]
    with run_cutter((entry["HOST"], entry["PORT"]), tmp_path_factory.mktemp("c")) as cutter:
        with redirect_connections(default=cutter.address):
            connections["default"].connect()
            yield cutter
        cutter.left = 0


def test_does_not_add_an_existing_key():
    assert cache.add("lock", "mine", 10)
    assert not cache.add("lock", "yours", 10)
    assert cache.get("lock") == "mine"


def test_adds_an_expired_key():
    assert cache.add("lock", "mine", -1)
    assert cache.add("lock", "yours", None)
    assert cache.get("lock") == "yours"


@pytest.mark.parametrize("moment", MOMENTS)
def test_takes_a_lock_once_if_the_connection_is_lost(cutter, moment):
    with cutter.arm(1, moment):
        assert cache.add("lock", 1, 10)
    assert cutter.cuts == 1
    assert not cache.add("lock", 1, 10)


@pytest.mark.parametrize("moment", MOMENTS)
def test_releases_a_lock_if_the_connection_is_lost(cutter, moment):
    cache.add("lock", 1, 10)
    with cutter.arm(1, moment):
        cache.delete("lock")
    assert cutter.cuts == 1
    assert cache.get("lock") is None


def test_raises_in_an_outage(cutter):
    with cutter.arm(1, "before", again=True), pytest.raises(OperationalError):
        cache.add("lock", 1, 10)


def add_two():
    with transaction.atomic():
        cache.add("first", 1, 10)
        cache.add("second", 1, 10)


def test_does_not_repeat_half_a_transaction(cutter):
    with cutter.arm(3, "before"), pytest.raises(OperationalError):
        add_two()
    assert cache.get_many(["first", "second"]) == {}
