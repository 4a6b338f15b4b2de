from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from django.core import checks
from django.db.migrations.recorder import MigrationRecorder

from config.database.monitor.activity import RoleStatus
from config.database.monitor.console import Console
from config.database.monitor.slot_holders import StrayHolder
from config.database.monitor.status import Overview
from config.database.policy import READ, number_pools
from config.database.sizing.state import PoolSize
from config.database.tests.test_replica_settings import GOOD, POOL
from config.observe.doctor import database, replicas
from config.tests.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def list_messages(problems):
    return [problem.message for problem in problems]


def test_a_healthy_site_has_no_problems():
    for find in (
        database.find_pool_problems,
        database.find_pending_migrations,
        database.find_clock_error,
    ):
        assert list(find()) == []


def test_reports_failed_checks(monkeypatch):
    found = [
        checks.Error("The server has too few.", hint="ALTER SYSTEM", id="pool.E102"),
        checks.Warning("Silenced.", id="security.W021"),
        checks.Info("Nothing."),
    ]
    monkeypatch.setattr(checks, "run_checks", lambda databases: found)
    (problem,) = database.find_failed_checks()
    assert problem.message == "pool.E102: The server has too few."
    assert problem.step == "ALTER SYSTEM"


def test_reports_a_pgbouncer_that_does_not_answer(settings):
    stopped = replace(settings.POOLS["web"], listen_port=free_port())
    settings.POOLS = settings.POOLS | {"web": stopped}
    (problem,) = database.find_pool_problems()
    assert problem.message.startswith("PgBouncer of the web pool does not answer")
    assert "Run `deploy/down`, then `deploy/up`" in problem.step


def test_reports_limits_that_pgbouncer_has_not_loaded(settings):
    settings.POOLS = settings.POOLS | {"web": replace(settings.POOLS["web"], max_connections=7)}
    (problem,) = database.find_pool_problems()
    assert "allows 10 server" in problem.message
    assert "pgbouncer_config --write" in problem.step


def test_reports_a_paused_pool(settings):
    with Console(settings.POOLS["web"]) as console:
        console.pause(5)
        try:
            problems = list(database.find_pool_problems())
        finally:
            console.resume()
    assert list_messages(problems) == ["the web pool is paused"]
    assert "pools resume" in problems[0].step


def test_reports_waiting_clients_and_an_old_version(settings):
    policy = settings.POOLS["web"]
    status = database.get_overview(settings.POOLS, settings.POSTGRES).pools["web"]
    full = replace(status, in_use=10, waiting=3, longest_wait=4.2, clients=390, version="1.16")
    assert list_messages(database.describe_pool(policy, full)) == [
        "PgBouncer 1.16 is too old",
        "the web pool is full: 3 clients wait, the first for 4.2 s",
        "the web pool has 390 of 400 client connections",
    ]


def test_waits_without_server_connections_are_no_full_pool(settings):
    status = database.get_overview(settings.POOLS, settings.POSTGRES).pools["web"]
    away = replace(status, in_use=0, waiting=3, longest_wait=4.2)
    (problem,) = database.describe_pool(settings.POOLS["web"], away)
    assert problem.message == (
        "in the web pool 3 clients wait, the first for 4.2 s, "
        "but only 0 of 10 server connections are in use"
    )
    assert problem.step.startswith("Check that PostgreSQL runs")


def test_names_the_variable_of_all_replicas(settings):
    policy = number_pools(READ, ["read1"])["read1"]
    status = database.get_overview(settings.POOLS, settings.POSTGRES).pools["web"]
    (problem,) = database.describe_pool(policy, replace(status, clients=400))
    assert problem.step.startswith("Raise POOL_READ_MAX_CLIENT_CONN")


@pytest.mark.parametrize(("abandoned", "count"), [(None, 0), (0, 0), (6, 0), (7, 1)])
def test_reports_slots_that_were_not_given_back(settings, abandoned, count):
    role = settings.POSTGRES["web"].user
    status = RoleStatus(
        backends=9, active=1, idle=8, idle_in_transaction=0, oldest=1.0, abandoned=abandoned
    )
    overview = Overview(pools={}, roles={role: status}, errors={})
    assert len(list(database.describe_backends(overview))) == count


def test_reports_sessions_that_held_another_pools_slot():
    ended = [StrayHolder(7, "ai4ceo_web", "jobs")]
    (problem,) = database.describe_backends(Overview(pools={}, roles={}, errors={}, ended=ended))
    assert problem.message == (
        "a session of the role ai4ceo_web held a slot of the jobs pool and was ended"
    )


def test_reports_pending_migrations(monkeypatch):
    applied = MigrationRecorder.applied_migrations

    def forget(recorder):
        return {
            key: row for key, row in applied(recorder).items() if key != ("tours", "0001_initial")
        }

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", forget)
    (problem,) = database.find_pending_migrations()
    assert problem.message == "1 migrations are not applied: tours.0001_initial"


def test_reports_a_clock_that_is_wrong(monkeypatch):
    import time

    now = time.time
    monkeypatch.setattr(database.time, "time", lambda: now() - 60)
    (problem,) = database.find_clock_error()
    assert problem.message == "PostgreSQL's clock and this machine's differ by 60 s"


def test_reports_pools_whose_size_nothing_changes(settings):
    nothing = Overview(pools={}, roles={}, errors={})
    assert list(database.describe_sizes(nothing)) == []
    settings.POOLS = {name: replace(pool, hosts=2) for name, pool in settings.POOLS.items()}
    size = PoolSize(
        size=5, ceiling=5, busy=0, waiting=0, hosts=2, moved=0, reason="the start", is_held=False
    )
    part = replace(nothing, sizes={"jobs": size})
    assert list_messages(database.describe_sizes(part)) == [
        "nothing changes the size of the web pool: `size_pools` does not run"
    ]
    more = replace(nothing, sizes={"web": replace(size, hosts=3), "jobs": size})
    assert list_messages(database.describe_sizes(more)) == [
        "3 hosts share the slots of the web pool, HOSTS says 2"
    ]
    alone = replace(nothing, sizes={"web": size, "jobs": size}, errors={"sizes": "no leases"})
    assert list_messages(database.describe_sizes(alone)) == ["no leases"]


def test_a_primary_that_is_away_is_no_fault_of_a_replica(settings, monkeypatch):
    facts = []

    def get_facts(pool, primary_connections):
        facts.append(primary_connections)
        return replace(GOOD, primary_connections=primary_connections)

    settings.READ_POOLS = {"read1": POOL}
    monkeypatch.setattr(replicas, "get_replica_facts", get_facts)
    monkeypatch.setattr(replicas, "follows_primary", lambda pool: True)
    (problem,) = replicas.find_replica_problems()
    assert problem.message.startswith("pool.E122")
    jobs = settings.DATABASES["jobs"] | {"PORT": free_port()}
    monkeypatch.setattr(django_settings, "DATABASES", settings.DATABASES | {"jobs": jobs})
    assert list(replicas.find_replica_problems()) == []
    assert facts[1] is None
