"""Clients that leave during a statement: PostgreSQL rejects no client, and others are not affected.

PgBouncer runs the statement of a waiting client that has left, and only then notices: each such
client abandons a server connection.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from http.client import HTTPConnection

import psycopg
import pytest
from django.conf import settings

from config.database.tests.servers import abandon
from config.tests.crowd import list_children
from config.tests.processes import Activity, wait_until
from config.tests.reloads import list_workers
from config.tests.traffic import Traffic, send_request

pytestmark = pytest.mark.faults

WEB, JOBS = settings.POOLS["web"], settings.POOLS["jobs"]
SLEEP = "SELECT pg_sleep(20)"
COUNTS = pytest.mark.parametrize("count", [25, 100])


def list_backends(site, condition):
    """Return pid and role of each backend of the pools that meets the condition."""
    query = "SELECT pid, usename FROM pg_stat_activity WHERE usename LIKE 'ai4ceo%' AND "
    with site.superuser() as connection:
        return dict(connection.execute(query + condition).fetchall())


def sleeping(site):
    return list_backends(site, f"state = 'active' AND query LIKE '{SLEEP}%'")


def locked(site):
    return list_backends(site, "wait_event_type = 'Lock'")


def wait_for(seen, site, pool):
    """Wait until every connection of the pool runs such a statement."""
    wait_until(lambda: len(seen(site)) == pool.max_connections, 10, "the pool is full")


def start_slow_queries(site, count):
    clients = [psycopg.connect(**site.get_place(WEB), autocommit=True) for _ in range(count)]
    for client in clients:
        client.pgconn.send_query(SLEEP.encode())
    wait_for(sleeping, site, WEB)
    return clients


@pytest.fixture
def run_traffic(site, people, record_property):
    """Run traffic beside the fault: within the bound, normal 2 s after it, nothing lost."""
    return lambda: run_beside_fault(site, people, record_property)


@contextmanager
def run_beside_fault(site, people, record_property):
    with Activity(site.superuser) as activity, Traffic(site, people) as traffic:
        yield traffic
        over = time.monotonic()
        assert send_request(site.port, "GET", "/api/profile", people[0].headers).status == 200
        wait_until(lambda: not sleeping(site), 2, "the abandoned backends are gone")
        back = time.monotonic() - over
    assert back < 2
    assert traffic.list_lost() == []
    record_property("people", traffic.summarize())
    record_property("all gone after", f"{back:.1f} s")
    for pool in (WEB, JOBS):
        peak, bound = activity.peaks[site.role(pool.name)], pool.count_backends()
        record_property(f"{pool.name} peak", f"{peak} of {bound}")
        assert peak <= bound


@COUNTS
def test_clients_that_abort_at_once(site, run_traffic, count):
    with run_traffic() as traffic:
        for client in start_slow_queries(site, count):
            abandon(client)
    assert set(traffic.count_statuses()) == {200}


@COUNTS
def test_clients_that_abort_in_waves_with_others_queued(site, run_traffic, count):
    with run_traffic() as traffic:
        clients = start_slow_queries(site, count)
        while clients:
            for _ in range(min(10, len(clients))):
                abandon(clients.pop(0))
            time.sleep(0.05)
    assert set(traffic.count_statuses()) == {200}


@contextmanager
def start_stuck_requests(site, people, count):
    requests = [HTTPConnection("127.0.0.1", site.port, timeout=60) for _ in range(count)]
    with site.superuser() as connection, connection.transaction():
        connection.execute("LOCK TABLE accounts_user IN ACCESS EXCLUSIVE MODE")
        for number, request in enumerate(requests):
            request.request("GET", "/api/profile", headers=people[number % len(people)].headers)
        wait_for(locked, site, WEB)
        yield requests
    for request in requests:
        request.close()


@COUNTS
def test_browsers_that_hang_up(site, people, run_traffic, count):
    with run_traffic() as traffic, start_stuck_requests(site, people, count) as requests:
        for request in requests:
            request.close()
    assert set(traffic.count_statuses()) == {200}


def kill(worker):
    """Kill the process; return when that began and ended."""
    before = time.monotonic()
    os.kill(int(worker), signal.SIGKILL)
    return before, time.monotonic()


def test_killed_worker_fails_only_its_own_requests(site, people, run_traffic):
    with run_traffic() as traffic:
        with start_stuck_requests(site, people, 32):
            abandoned = locked(site).keys()
            kills = [kill(worker) for worker in list_workers(site.web_pids())]
            wait_until(lambda: not abandoned & locked(site).keys(), 2, "the abandoned are gone")
        wait_until(lambda: all(map(list_children, site.web_pids())), 30, "there are workers")
        site.wait_until_ready()
    failed = [answer for answer in traffic.answers if answer.status != 200]
    assert {answer.status for answer in failed} <= {502, 503}
    for answer in failed:
        assert any(answer.began <= end and start <= answer.ended for start, end in kills)


def start_script(site):
    """Start a process that is in a statement of the jobs pool or waits for a connection."""
    path = f"{os.environ.get('POSTGRES_BIN', '')}:{os.environ['PATH']}"
    where = {f"PG{key.upper()}": str(value) for key, value in site.get_place(JOBS).items()}
    where["PGDATABASE"] = where.pop("PGDBNAME")
    return subprocess.Popen(
        [shutil.which("psql", path=path), "-X", "-c", SLEEP],
        env=os.environ | where,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def first_statement(site):
    with psycopg.connect(**site.get_place(JOBS), autocommit=True) as connection:
        return connection.execute("SELECT 1").fetchone()


def test_four_times_25_killed_scripts(site, run_traffic):
    with run_traffic() as traffic:
        for _ in range(4):
            scripts = [start_script(site) for _ in range(25)]
            wait_for(sleeping, site, JOBS)
            for process in scripts:
                process.kill()
                process.wait()
            over = time.monotonic()
            assert first_statement(site) == (1,)
            assert time.monotonic() - over < 2
    assert set(traffic.count_statuses()) == {200}
