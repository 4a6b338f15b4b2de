"""PostgreSQL never has more than 10 connections of the web and 2 of the jobs."""

import json
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import Client

from accounts.tests.people import make_user
from config.database.monitor.console import Console
from config.database.tests.servers import abandon, connect, get_place, run_pgbouncer
from config.tests.processes import (
    Activity,
    ServerLog,
    gunicorn,
    load,
    manage,
    superuser,
    wait_until,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])

EXPERTS = 2_000


@pytest.fixture
def signed_in():
    client = Client()
    client.force_login(make_user())
    return {"Cookie": "; ".join(f"{c.key}={c.value}" for c in client.cookies.values())}


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "experts.json"
    text = "x" * 200
    path.write_text(
        json.dumps(
            [
                {
                    "slug": f"expert-{n}",
                    "name": f"Expert {n}",
                    "description": text,
                    "icon": "★",
                    "prompt": text,
                    "personality": text,
                    "is_active": False,
                    "uses_retrieval": False,
                }
                for n in range(EXPERTS)
            ]
        )
    )
    return path


def test_64_clients_use_at_most_ten_connections_and_none_fails(signed_in):
    log = ServerLog()
    with gunicorn() as port, Activity() as activity:
        answers = load(port, "/api/experts", signed_in, clients=64, requests=15)
    assert answers == {200: 64 * 15}
    assert activity.samples > 50
    assert 2 <= activity.web <= 10
    assert log.refusals() == []


def count_waiting(console):
    return sum(int(row["cl_waiting"]) for row in console.show("POOLS"))


@contextmanager
def hold_seeds():
    """Let no seed end within the block."""
    with superuser() as administrator, administrator.transaction():
        administrator.execute("LOCK TABLE onboarding_expert IN SHARE MODE")
        yield


def test_third_of_three_seeds_waits_for_the_jobs_pool(signed_in, catalogue):
    log = ServerLog()
    with gunicorn() as port, Activity() as activity:
        with Console(settings.POOLS["jobs"]) as console, hold_seeds():
            seeds = [manage("seed_experts", "--file", str(catalogue)) for _ in range(3)]
            wait_until(lambda: count_waiting(console) == 1, 60, "the third waits")
        answers = load(port, "/api/experts", signed_in, clients=64, requests=15)
        reports = [seed.communicate(timeout=120) for seed in seeds]
    assert [seed.returncode for seed in seeds] == [0, 0, 0], reports
    assert answers == {200: 64 * 15}
    assert activity.web <= 10
    assert activity.jobs == 2
    assert log.refusals() == []


def count_sleeping(connection):
    return connection.execute(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"
    ).fetchone()[0]


def start_slow_query(**where):
    client = connect(settings.POSTGRES["web"], **where)
    client.pgconn.send_query(b"SELECT pg_sleep(12)")
    return client


def test_backends_of_25_aborted_queries_end_within_two_seconds():
    log, entry = ServerLog(), settings.DATABASES["default"]
    place = {"host": entry["HOST"], "port": entry["PORT"], "dbname": entry["NAME"]}
    with superuser() as watching:
        clients = [start_slow_query(**place) for _ in range(25)]
        wait_until(lambda: count_sleeping(watching) == 10, 5, "the pool is full of slow queries")
        for client in clients:
            abandon(client)
        wait_until(lambda: count_sleeping(watching) == 0, 2, "the abandoned backends are gone")
    assert log.refusals() == []


def test_abandoned_backends_still_count():
    """A client leaves every 50 ms; its backend ends only after a second."""
    policy = replace(
        settings.POOLS["web"], name="test", max_connections=2, client_check_interval=1000
    )
    with (
        superuser() as watching,
        run_pgbouncer(policy, settings.POSTGRES["web"], budget=2) as place,
    ):
        clients, seen = [start_slow_query(**get_place(place)) for _ in range(20)], []
        wait_until(lambda: count_sleeping(watching) == 2, 5, "the pool is full of slow queries")
        for client in clients:
            abandon(client)
            time.sleep(0.05)
            seen.append(count_sleeping(watching))
        wait_until(lambda: count_sleeping(watching) == 0, 5, "the abandoned backends are gone")
    assert max(seen) == 2


def test_discard_all_gains_no_slots():
    """The client disables all limits, releases all locks and leaves during a statement."""
    policy = replace(settings.POOLS["web"], name="test", max_connections=2)
    off = "SET statement_timeout = 0; SET client_connection_check_interval = 0"
    pids = set()
    with (
        superuser() as watching,
        run_pgbouncer(policy, settings.POSTGRES["web"], budget=2) as place,
    ):
        try:
            for _ in range(2):
                hostile = connect(settings.POSTGRES["web"], **get_place(place))
                for statement in (off, "DISCARD ALL", off):
                    hostile.execute(statement)
                pids.add(hostile.execute("SELECT pg_backend_pid()").fetchone()[0])
                hostile.pgconn.send_query(b"SELECT pg_sleep(60)")
                wait_until(lambda: count_sleeping(watching) == len(pids), 5, "it sleeps")
                abandon(hostile)
            late = start_slow_query(**get_place(place))
            asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
            wait_until(lambda: watching.execute(asleep).fetchone() == (3,), 5, "a login waits")
            assert count_sleeping(watching) == 2
            late.close()
        finally:
            for pid in pids:
                watching.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert len(pids) == 2
