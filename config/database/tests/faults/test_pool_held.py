"""Slow statements hold every connection: waiting requests get 503 in time, others succeed."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from config.database.tests.faults.web_clients import WEB, block_pool
from config.tests.crowd import crowd
from config.tests.processes import wait_until
from config.tests.traffic import send_request

pytestmark = pytest.mark.faults

CLIENTS = 40
SECONDS = 13
AT_ONCE = ("/healthz", "/static/site.css", "/accounts/login/")


def count_sleeping(site):
    query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    with site.superuser() as connection:
        return connection.execute(f"{query} AND state = 'active'").fetchone()[0]


def test_waiting_requests_get_503_and_the_next_one_succeeds(site, people, record_property):
    others = []
    with block_pool(site, SECONDS), ThreadPoolExecutor(1) as pool:
        wait_until(
            lambda: count_sleeping(site) == WEB.max_connections, 5, "all connections are in use"
        )
        asked = pool.submit(crowd, site.port, CLIENTS, "/api/profile", headers=people[0].headers)
        while not asked.done():
            others += [send_request(site.port, "GET", path) for path in AT_ONCE]
        wait_until(lambda: count_sleeping(site) == 0, 15, "the statements have ended")
        first = send_request(site.port, "GET", "/api/profile", people[0].headers)
    heard = asked.result()
    record_property("503 after at most", f"{max(one.seconds for one in heard):.1f} s")
    record_property("others at most", f"{max(answer.seconds for answer in others):.1f} s")
    assert [one.status for one in heard] == [503] * CLIENTS
    assert {one.headers["retry-after"] for one in heard} == {"5"}
    assert max(one.seconds for one in heard) < WEB.query_wait_timeout + 5
    assert {answer.status for answer in others} == {200}
    assert max(answer.seconds for answer in others) < 2
    assert first.status == 200
