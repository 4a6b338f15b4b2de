"""New workers or a new release under load fail no request."""

import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from config.tests.crowd import crowd
from config.tests.reloads import reload
from config.tests.traffic import Traffic

pytestmark = pytest.mark.faults

PAUSE = 0.3  # leaves some of the two processors to the reloads


@contextmanager
def expect_no_failure(site, people, record_property):
    """Check that no request fails in the block, also on persistent connections."""
    kept, done = [], threading.Event()

    def keep_asking():
        options = {"headers": people[0].headers, "pause": PAUSE}
        kept.extend(crowd(site.port, 8, "/api/profile", until=done, **options))

    asking = threading.Thread(target=keep_asking)
    with Traffic(site, people, pause=PAUSE) as traffic:
        asking.start()
        yield
        done.set()
        asking.join()
    record_property("people", traffic.summarize())
    assert set(traffic.count_statuses()) == {200}
    assert traffic.list_lost() == []
    assert set(Counter(one.status for one in kept)) == {200}


def test_five_reloads_under_load_fail_no_request(site, people, record_property):
    with expect_no_failure(site, people, record_property):
        for _ in range(4):
            reload(site)
        output = site.run_script("deploy/reload")
    assert "earlier configuration" not in output


def test_release_replaces_one_process_after_the_other(site, monkeypatch):
    before = site.web_pids()
    monkeypatch.setitem(site.environment, "POOL_JOBS_IDLE_TIMEOUT", "11")
    output = site.run_script("deploy/reload")
    assert [line.split()[0] for line in output.splitlines() if line.startswith("web-")] == [
        "web-0",
        "web-1",
    ]
    assert not set(before) & set(site.web_pids())
    assert "PgBouncer still has its earlier configuration: run deploy/down" in output
