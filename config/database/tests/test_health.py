"""A client that PgBouncer admitted waits for its queue only while the queue moves."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from django.conf import settings as site_settings
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from config.database.backend import health
from config.database.monitor.console import Console
from config.database.render.django import get_entry_name
from config.database.tests.servers import connect

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
SECONDS = 1


@pytest.fixture
def job(settings):
    """Yield a new connection of the jobs pool with a connect timeout of a second."""
    pool = replace(settings.POOLS["jobs"], connect_timeout=SECONDS)
    settings.POOLS = settings.POOLS | {"jobs": pool}
    connection = ConnectionHandler(settings.DATABASES).create_connection("jobs")
    yield connection
    connection.close()


@contextmanager
def fill_pool():
    pool, server = site_settings.POOLS["jobs"], site_settings.POSTGRES["jobs"]
    place = {"host": site_settings.PGBOUNCER_HOST, "port": pool.listen_port}
    with ExitStack() as stack:
        for _ in range(pool.max_connections):
            other = stack.enter_context(
                connect(server, dbname=get_entry_name(pool, server), **place)
            )
            other.execute("BEGIN")
            other.execute("SELECT 1")
        yield


@contextmanager
def pause_pool():
    with Console(site_settings.POOLS["jobs"]) as console:
        console.pause(5)
        try:
            yield
        finally:
            console.resume()


def query_during(connection, held):
    """Run a query that starts in the block, which lasts twice the timeout; return its answer."""
    with ThreadPoolExecutor(1) as thread:
        with held:
            future = thread.submit(query, connection)
            wait([future], 2 * SECONDS)
        return future.result(10)


def query(connection):
    connection.inc_thread_sharing()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()


@pytest.mark.parametrize("held", [fill_pool, pause_pool])
def test_waits_while_the_queue_moves(job, held):
    assert query_during(job, held()) == (1,)


def test_connect_timeout_ends_a_stuck_queue(job, monkeypatch):
    monkeypatch.setattr("config.database.backend.base.is_queue_moving", lambda pool: False)
    with fill_pool(), pytest.raises(OperationalError, match="timeout expired"):
        query(job)


def test_short_query_wait_needs_no_check():
    assert health.get_pool_to_check("default") is None
    assert health.get_pool_to_check("jobs") == site_settings.POOLS["jobs"]


def test_direct_mode_needs_no_check(settings):
    settings.DATABASE_POOLING = "direct"
    assert health.get_pool_to_check("jobs") is None


def test_a_console_that_does_not_answer_says_nothing_about_the_queue(settings, tmp_path):
    settings.PGBOUNCER_HOST = str(tmp_path)
    assert health.is_queue_moving(site_settings.POOLS["jobs"])
