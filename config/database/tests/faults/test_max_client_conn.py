"""PgBouncer has reached its client limit: admitted clients work, others get 503."""

from collections import Counter

import pytest

from config.database.tests.faults.web_clients import connect_until_rejected
from config.tests.crowd import crowd
from config.tests.reloads import reload

pytestmark = pytest.mark.faults


def send_requests(site, people):
    return crowd(site.port, 16, "/api/profile", requests=4, headers=people[0].headers)


def test_only_threads_without_a_connection_return_503(site, people, record_property):
    reload(site)  # new workers have no connection yet
    crowd(site.port, 8, "/api/profile", headers=people[0].headers)
    with connect_until_rejected(site) as (clients, message):
        full = send_requests(site, people)
        unharmed = [client.execute("SELECT 1").fetchone() for client in clients]
        site.run_command("seed_experts")
    after = send_requests(site, people)
    statuses = Counter(one.status for one in full)
    record_property("answers while full", f"{statuses[200]} x 200, {statuses[503]} x 503")
    assert "no more connections allowed" in message
    assert set(statuses) == {200, 503}
    assert {one.headers["retry-after"] for one in full if one.status == 503} == {"5"}
    assert unharmed == [(1,)] * len(clients)
    assert {one.status for one in after} == {200}
