"""Other clients hold every connection: waiting requests get 503 in time, others succeed."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from config.database.tests.faults.web_clients import WEB, hold_pool
from config.tests.crowd import crowd
from config.tests.traffic import send_request

pytestmark = pytest.mark.faults

CLIENTS = 40
AT_ONCE = ("/healthz", "/static/site.css", "/accounts/login/")


def test_waiting_requests_get_503_and_the_next_one_succeeds(site, people, record_property):
    others = []
    with hold_pool(site), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(crowd, site.port, CLIENTS, "/api/profile", headers=people[0].headers)
        while wait([asked], timeout=0.1).not_done:
            others += [send_request(site.port, "GET", path) for path in AT_ONCE]
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
