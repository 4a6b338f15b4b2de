"""The table by which hosts share the budget."""

from datetime import timedelta

import pytest
from django.db import Error
from django.db.models import F

from config.database.models import Lease
from config.database.policy import JOBS, WEB
from config.database.sizing import leases, sizer
from config.database.sizing.sizer import Sizer
from config.database.sizing.split import Claim
from config.database.tests.test_policy import make_pools

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def renew(host, busy=0.0, waiting=0.0):
    claims = {pool.name: Claim(host, 10, busy, waiting) for pool in (WEB, JOBS)}
    return leases.exchange(host, {"web": 5, "jobs": 1}, claims)


def age(host, seconds):
    Lease.objects.filter(host=host).update(seen=F("seen") - timedelta(seconds=seconds))


def list_hosts(rows):
    return sorted({row.host for row in rows})


def test_each_host_sees_the_others_loads():
    renew("a", busy=3.5, waiting=2)
    rows = renew("b")
    assert sorted(leases.list_claims(rows, "web"), key=lambda claim: claim.host) == [
        Claim("a", 10, 3.5, 2),
        Claim("b", 10, 0, 0),
    ]


def test_renewing_keeps_one_row_for_each_pool():
    for _ in range(3):
        renew("a")
    assert sorted(Lease.objects.values_list("host", "pool")) == [("a", "jobs"), ("a", "web")]


def test_a_host_that_was_not_seen_for_15_seconds_does_not_count():
    renew("a")
    age("a", 14)
    assert list_hosts(renew("b")) == ["a", "b"]
    age("a", 1)
    assert list_hosts(renew("b")) == ["b"]


def test_rows_of_old_hosts_are_removed():
    renew("a")
    age("a", 3601)
    renew("b")
    assert list_hosts(Lease.objects.all()) == ["b"]


def test_a_host_that_stops_gives_up_its_leases():
    renew("a")
    renew("b")
    leases.give_up("a")
    assert list_hosts(Lease.objects.all()) == ["b"]


@pytest.fixture
def host():
    return Sizer("a", make_pools(5, 10, 10))


def get_shares(host):
    return {name: pool.share for name, pool in host.pools.items()}


def test_a_host_takes_what_the_others_leave(host):
    renew("b", busy=1)
    host.share_budget()
    assert get_shares(host) == {"web": 4, "jobs": 2}


def test_without_the_table_it_keeps_its_share_and_then_takes_an_equal_part(host, monkeypatch):
    host.share_budget()
    assert get_shares(host) == {"web": 10, "jobs": 2}

    def fail(*_):
        raise Error("away")

    monkeypatch.setattr(leases, "exchange", fail)
    host.share_budget()
    assert get_shares(host) == {"web": 10, "jobs": 2}
    assert host.describe().failure == "the leases are out of reach: away"
    monkeypatch.setattr(sizer, "LEASE_TIME", -1)
    host.share_budget()
    assert get_shares(host) == {"web": 2, "jobs": 2}
