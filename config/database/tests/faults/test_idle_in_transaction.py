"""An abandoned open transaction: the server ends it, and others do not notice."""

import time
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from django.conf import settings

from config.database.errors import is_unavailable
from config.tests.processes import wait_until
from config.tests.traffic import Traffic

pytestmark = pytest.mark.faults

WEB, JOBS = settings.POOLS["web"], settings.POOLS["jobs"]
CHANGE = "UPDATE accounts_user SET name = name WHERE id = %s"
LEAVE_OPEN = """
from threading import Event
from django.db import connection, transaction
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("UPDATE accounts_user SET name = name WHERE id = '{pk}'")
    print("open", flush=True)
    Event().wait()
"""


def connect(site, pool):
    """Connect to the pool's PgBouncer, with manual transactions."""
    return psycopg.connect(**site.get_place(pool), autocommit=True)


def leave_open(site, pool, person):
    """Return a client that has changed the user's row, and its backend's pid."""
    silent = connect(site, pool)
    silent.execute("BEGIN")
    silent.execute(CHANGE, [person.pk])
    return silent, silent.execute("SELECT pg_backend_pid()").fetchone()[0]


def is_alive(site, pid):
    look = "SELECT FROM pg_stat_activity WHERE pid = %s"
    with site.superuser() as connection:
        return connection.execute(look, [pid]).fetchone() is not None


def is_locked(site, person):
    look = "SELECT FROM accounts_user WHERE id = %s FOR UPDATE SKIP LOCKED"
    with site.superuser() as connection:
        return connection.execute(look, [person.pk]).fetchone() is None


def is_free(site, pool):
    """Return whether all connections of the pool can be in transactions at once."""
    with ExitStack() as stack:
        for _ in range(pool.max_connections):
            one = stack.enter_context(connect(site, pool))
            stack.enter_context(one.transaction())
            one.execute("SELECT 1")
    return True


@contextmanager
def run_others(site, people):
    with Traffic(site, people) as traffic:
        yield
    assert set(traffic.count_statuses()) == {200}
    assert traffic.get_slowest() < WEB.query_wait_timeout
    assert traffic.list_lost() == []


def test_server_ends_it_after_15_seconds(site, people, record_property):
    began = time.monotonic()
    silent = {pool: leave_open(site, pool, people[i]) for i, pool in enumerate((WEB, JOBS))}
    pids = [pid for _, pid in silent.values()]
    with run_others(site, people[2:]):
        wait_until(
            lambda: not any(is_alive(site, pid) for pid in pids),
            WEB.idle_in_transaction_timeout + 5,
            "the server ended both",
        )
    ended = time.monotonic() - began
    assert ended >= WEB.idle_in_transaction_timeout
    record_property("ended after", f"{ended:.1f} s")
    for pool, (connection, _) in silent.items():
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("COMMIT")
        assert is_unavailable(caught.value)
        assert is_free(site, pool)
    assert not any(is_locked(site, person) for person in people)


def test_killed_jobs_transaction_ends_at_once(site, people, record_property):
    job = site.manage("shell", "--verbosity", "0", "-c", LEAVE_OPEN.format(pk=people[0].pk))
    with run_others(site, people[1:]):
        assert job.stdout.readline() == "open\n"
        assert is_locked(site, people[0])
        job.kill()
        killed = time.monotonic()
        wait_until(lambda: not is_locked(site, people[0]), 2, "the lock is gone")
        record_property("lock gone after", f"{time.monotonic() - killed:.1f} s")
    job.communicate()
    assert is_free(site, JOBS)
