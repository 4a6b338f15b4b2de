"""gunicorn gets new workers under load, and nobody notices."""

import threading
from collections import Counter

import pytest

from config.tests.crowd import crowd
from config.tests.reloads import reload
from config.tests.traffic import Traffic

pytestmark = pytest.mark.faults


def test_five_reloads_under_load_fail_no_request(site, people, record_property):
    kept, done = [], threading.Event()

    def keep_asking():
        headers = people[0].headers
        kept.extend(crowd(site.port, 8, "/api/profile", until=done, headers=headers))

    asking = threading.Thread(target=keep_asking)
    with Traffic(site, people) as traffic:
        asking.start()
        for _ in range(5):
            reload(site)
        done.set()
        asking.join()
    record_property("people", traffic.summary())
    assert set(traffic.statuses()) == {200}
    assert traffic.lost() == []
    assert set(Counter(one.status for one in kept)) == {200}
    assert {one.headers["connection"] for one in kept} == {"keep-alive", "close"}
