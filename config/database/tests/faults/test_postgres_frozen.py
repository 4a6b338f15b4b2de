"""A frozen PostgreSQL accepts connections, but sends nothing and ends nothing."""

import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import Error, connection, transaction

from config.database.errors import is_unavailable
from config.tests.frozen import frozen_postgres
from config.tests.processes import wait_until
from config.tests.traffic import Traffic, send_request

pytestmark = pytest.mark.faults

WEB = settings.POOLS["web"]
SLACK = 1.5  # seconds, in addition to the wait


def list_processes(site):
    return re.findall(r"^(\S+) .* pid (\d+),", site.supervisor("status"), re.M)


def send_together(site, people):
    with ThreadPoolExecutor(len(people)) as pool:
        return list(
            pool.map(
                lambda who: send_request(site.port, "GET", "/api/profile", who.headers), people
            )
        )


def test_returns_503_in_bounded_time_and_recovers(site, people, record_property):
    before = list_processes(site)
    with Traffic(site, people) as traffic:
        wait_until(lambda: all(traffic.written.values()), 30, "everybody has written")
        with frozen_postgres(site.pid("postgres")):
            # More than the pool has connections, so that some must be in its queue.
            others = send_together(site, (people * 2)[: WEB.max_connections + 2])
            healthz = [send_request(site.port, "GET", "/healthz") for _ in range(3)]
            wait_until(lambda: traffic.count_statuses()[503] >= len(people), 30, "all are refused")
        end = time.monotonic()
        time.sleep(2.5)
    record_property("people", traffic.summarize())
    record_property("in the queue", f"503 after {min(one.seconds for one in others):.1f} s")
    assert [answer.status for answer in healthz] == [200] * 3
    assert min(answer.seconds for answer in healthz) < 1  # other load only adds time
    assert set(traffic.count_statuses()) == {200, 503}
    assert {(one.status, one.retry_after) for one in others} == {(503, "5")}
    assert min(one.seconds for one in others) < WEB.query_wait_timeout + SLACK
    assert max(one.seconds for one in [*others, *traffic.answers]) < WEB.query_timeout + SLACK
    assert set(traffic.count_statuses(after=end + 2)) == {200}
    assert traffic.list_lost() == []
    assert list_processes(site) == before


def commit_while_frozen():
    """COMMIT after the server's idle timeout, before the server reads it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 100")
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
        os.kill(backend, signal.SIGSTOP)
        threading.Timer(0.3, os.kill, [backend, signal.SIGCONT]).start()


@pytest.mark.django_db(transaction=True)
def test_commit_that_crosses_the_servers_error_is_an_outage():
    with pytest.raises(Error) as caught:
        commit_while_frozen()
    assert is_unavailable(caught.value)
