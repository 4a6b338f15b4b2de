"""PostgreSQL is down for four seconds: 503 until it is back, and nothing is lost."""

import os
import signal
import time
from contextlib import contextmanager

import psycopg
import pytest

from config.tests.processes import wait_until
from config.tests.traffic import Traffic, send_request

pytestmark = pytest.mark.faults

SECONDS = 4
WAYS = pytest.mark.parametrize(
    "way",
    [
        pytest.param(signal.SIGINT, id="fast"),
        pytest.param(signal.SIGQUIT, id="immediate"),
        pytest.param(signal.SIGKILL, id="killed"),
    ],
)


@contextmanager
def outage(site, way):
    """Stop PostgreSQL that way; start it when the block and SECONDS are over.

    Its supervisor restarts it, which is blocked until then.
    """
    supervisor = int((site.run_dir / "supervisord.pid").read_text())
    postgres, end = site.pid("postgres"), time.monotonic() + SECONDS
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(postgres, way)
        yield
        time.sleep(max(0, end - time.monotonic()))
    finally:
        os.kill(supervisor, signal.SIGCONT)
    wait_until(lambda: is_accepting(site), 30, "PostgreSQL accepts connections")
    assert site.pid("postgres") not in (0, postgres)


def is_accepting(site):
    try:
        site.superuser(connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@WAYS
def test_traffic_gets_only_503_until_two_seconds_after_the_outage(
    site, people, way, record_property
):
    with Traffic(site, people) as traffic:
        wait_until(lambda: all(traffic.written.values()), 30, "everybody has written")
        with outage(site, way):
            pass
        back = time.monotonic()
        time.sleep(2.5)
    first = min(a.ended for a in traffic.answers if a.began >= back and a.status == 200)
    record_property("people", traffic.summarize())
    record_property("200 again after", f"{first - back:.1f} s")
    # A late enough request may succeed within its wait for a connection.
    assert set(traffic.count_statuses()) - {503} == {200}
    assert set(traffic.count_statuses(after=back + 2)) == {200}
    assert all(answer.retry_after for answer in traffic.answers if answer.status == 503)
    assert traffic.list_lost() == []


@WAYS
def test_first_request_two_seconds_after_the_outage_succeeds(site, people, way):
    before = send_request(site.port, "GET", "/api/profile", people[0].headers)
    with outage(site, way):
        pass
    time.sleep(2)
    after = send_request(site.port, "GET", "/api/profile", people[0].headers)
    assert (after.status, after.body) == (200, before.body)
