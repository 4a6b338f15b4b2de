"""Who is let in by PgBouncer waits for its queue only where that moves on."""

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
    """A new connection of the jobs pool, which may take a second."""
    pool = replace(settings.POOLS["jobs"], connect_timeout=SECONDS)
    settings.POOLS = settings.POOLS | {"jobs": pool}
    connection = ConnectionHandler(settings.DATABASES).create_connection("jobs")
    yield connection
    connection.close()


@contextmanager
def full_pool():
    """Others hold all server connections until the block's end."""
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
def paused_pool():
    with Console(site_settings.POOLS["jobs"]) as console:
        console.pause(5)
        try:
            yield
        finally:
            console.resume()


def asked_meanwhile(connection, held):
    """The answer to a statement that begins in the block, which lasts twice the second."""
    with ThreadPoolExecutor(1) as thread:
        with held:
            future = thread.submit(answer, connection)
            wait([future], 2 * SECONDS)
        return future.result(10)


def answer(connection):
    connection.inc_thread_sharing()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()


@pytest.mark.parametrize("held", [full_pool, paused_pool])
def test_where_the_queue_will_move_on_it_is_waited_for(job, held):
    assert asked_meanwhile(job, held()) == (1,)


def test_where_nothing_will_move_it_on_the_connect_timeout_ends_it(job, monkeypatch):
    monkeypatch.setattr("config.database.backend.base.is_queue_moving", lambda pool: False)
    with full_pool(), pytest.raises(OperationalError, match="timeout expired"):
        answer(job)


def test_a_pool_whose_queue_is_no_longer_than_a_connection_takes_is_not_asked():
    assert health.get_pool_to_check("default") is None
    assert health.get_pool_to_check("jobs") == site_settings.POOLS["jobs"]


def test_without_pgbouncer_nothing_is_asked(settings):
    settings.DATABASE_POOLING = "direct"
    assert health.get_pool_to_check("jobs") is None
