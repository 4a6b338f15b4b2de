"""A site with a real standby: what it reads there, and what a lag or a failure costs."""

import json
import re
import time
from urllib.request import urlopen

import psycopg
import pytest

from config.database.policy import READ
from config.database.replicas.servers import Replica
from config.database.replicas.state import GOOD_LOOKS, MAX_LAG, PrimaryState
from config.database.tests.faults.conftest import COUNT
from config.database.tests.faults.replicas import (
    ask,
    change_bio,
    connect_replica,
    get_profile,
    log_statements,
    open_pool,
    pause_replay,
    wait_for_replica,
)
from config.tests.frozen import frozen_postgres
from config.tests.processes import wait_until
from config.tests.traffic import Traffic

pytestmark = pytest.mark.faults


@pytest.fixture
def site(replica_site, replica_people):
    replica_site.wait_until_ready()
    wait_for_replica(replica_site, replica_people[0])
    return replica_site


@pytest.fixture
def leavers(replica_people):
    """Return people whose sessions a test may end."""
    return replica_people[COUNT:]


@pytest.fixture
def ada(replica_people):
    return replica_people[0]


def test_checks_of_the_replica_pass(site):
    checks = ("default", "jobs", "read1")
    site.run_command("check", *(f"--database={alias}" for alias in checks))


def test_own_profile_is_one_statement_on_the_replica(site, ada):
    with log_statements(site) as list_statements:
        found = list_statements(lambda: get_profile(site, ada))
    assert (len(found["postgres"]), len(found["replica"])) == (0, 1)


def test_pools_show_the_replicas_pool(site):
    pool = json.loads(site.run_command("pools", "--json"))["pools"]["read1"]
    assert (pool["pool_size"], pool["query_wait_timeout"]) == (READ.max_connections, 2)


def test_exporter_and_doctor_tell_a_lag(site, ada):
    def scrape(name):
        with urlopen(f"http://127.0.0.1:{site.metrics_port}/metrics", timeout=10) as response:
            text = response.read().decode()
        return float(re.search(rf'^ai4ceo_replica_{name}{{pool="read1"}} (\S+)$', text, re.M)[1])

    def diagnose():
        process = site.manage("doctor", "--json")
        parts = json.loads(process.communicate(timeout=60)[0])
        return next(part for part in parts if part["name"] == "replicas")["problems"]

    wait_until(lambda: scrape("usable"), 10, "the replica is usable")
    wait_until(lambda: scrape("lag_seconds") == 0, 30, "the replica has no lag")
    assert (scrape("up"), diagnose()) == (1, [])
    with pause_replay(site):
        change_bio(site, ada, "late")
        wait_until(lambda: scrape("lag_seconds") > 2, 10, "the lag is known")
        assert (scrape("up"), scrape("usable")) == (1, 0)
        (problem,) = diagnose()
        assert problem["message"] == "the replica read1 lags by more than 2 s"


def test_own_write_is_read_at_once(site, ada):
    with pause_replay(site):
        written = change_bio(site, ada, "new").cookies["written"]
        mine = get_profile(site, ada, written)
    assert (json.loads(mine.body)["bio"], mine.pool) == ("new", "web")
    wait_until(lambda: get_profile(site, ada, written).pool == "read1", 10, "it is replayed")


ENDINGS = (
    "DELETE FROM accounts_session WHERE user_id = %s",
    "UPDATE accounts_user SET password = 'x' WHERE id = %s",
    "UPDATE accounts_user SET is_active = false WHERE id = %s",
)


def test_end_of_a_session_holds_everywhere_within_two_seconds(site, leavers, record_property):
    people = leavers[:3]
    with site.superuser() as primary, pause_replay(site):
        for person, statement in zip(people, ENDINGS, strict=True):
            assert primary.execute(statement, [person.pk]).rowcount
        ended = time.monotonic()
        late = max(find_last_success(site, people)) - ended
        time.sleep(max(0, MAX_LAG - late))
        assert {get_profile(site, person).status for person in people * 10} == {401}
    record_property("held after", f"{late:.1f} s")
    assert 0 < late < MAX_LAG


def find_last_success(site, people):
    """Return when the last request began that was served though the session had ended."""
    served = {person.pk: 0.0 for person in people}
    end = time.monotonic() + 10
    while people and time.monotonic() < end:
        for person in list(people):
            began = time.monotonic()
            if get_profile(site, person).status == 200:
                served[person.pk] = began
            else:
                people = [other for other in people if other is not person]
    return served.values()


def test_staff_is_read_from_the_primary(site, leavers):
    grace = leavers[3]
    with site.superuser() as primary:
        primary.execute("UPDATE accounts_user SET is_staff = true WHERE id = %s", [grace.pk])
        wait_until(lambda: get_profile(site, grace).pool == "web", 5, "she is staff everywhere")
        with pause_replay(site):
            primary.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [grace.pk])
            assert get_profile(site, grace).status == 401


def test_lagging_replica_is_left_and_returns(site, ada, replica_people):
    with pause_replay(site), Traffic(site, replica_people[1:3]) as traffic:
        wait_until(lambda: get_profile(site, ada).pool == "web", 5, "the replica is left")
    assert set(traffic.count_statuses()) == {200}
    wait_for_replica(site, ada)


def test_killed_replica_costs_no_request(site, ada, replica_people, record_property):
    with Traffic(site, replica_people[1:COUNT]) as traffic:
        wait_until(lambda: all(traffic.written.values()), 10, "everybody has written")
        site.kill("replica")
        wait_until(lambda: get_profile(site, ada).pool == "web", 5, "the replica is left")
        wait_for_replica(site, ada)
    record_property("people", traffic.summarize())
    assert set(traffic.count_statuses()) == {200}
    assert traffic.list_lost() == []


def test_frozen_replica_costs_each_thread_one_wait(site, ada, replica_people, record_property):
    with Traffic(site, replica_people[1:COUNT]) as traffic:
        wait_until(lambda: all(traffic.written.values()), 10, "everybody has written")
        with frozen_postgres(site.pid("replica")):
            began = time.monotonic()
            wait_until(lambda: get_profile(site, ada).pool == "web", 10, "the replica is left")
            time.sleep(max(0, began + 4 - time.monotonic()))
            calm = time.monotonic()
            time.sleep(2)
        wait_for_replica(site, ada)
    slow = [answer for answer in traffic.answers if answer.seconds > 1 and answer.began > began]
    record_property("people", traffic.summarize())
    record_property("waited", f"{len(slow)} requests")
    assert set(traffic.count_statuses()) == {200}
    assert traffic.get_slowest() < 5
    assert len(slow) <= COUNT
    assert [answer for answer in slow if answer.began > calm] == []


def test_terminated_connections_of_the_replica_cost_no_request(site, ada, replica_people):
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ai4ceo_read'"
    with Traffic(site, replica_people[1:COUNT]) as traffic, connect_replica(site) as replica:
        for _ in range(5):
            replica.execute(ending)
            time.sleep(0.2)
    assert set(traffic.count_statuses()) == {200}
    wait_for_replica(site, ada)


def test_conflict_with_replay_is_a_reason_to_leave(site):
    replica = Replica(READ, PrimaryState())
    replica.state.good_looks = GOOD_LOOKS
    statement = "SELECT count(*) FROM tours_tour, pg_sleep(20)"
    with connect_replica(site) as standby, site.superuser() as primary, open_pool(site) as client:
        standby.execute("ALTER SYSTEM SET max_standby_streaming_delay = 0")
        standby.execute("SELECT pg_reload_conf()")
        client.pgconn.send_query(statement.encode())
        running = "SELECT count(*) FROM pg_stat_activity WHERE query = %s AND state = 'active'"
        wait_until(lambda: standby.execute(running, [statement]).fetchone()[0], 10, "it runs")
        with primary.transaction():
            primary.execute("LOCK TABLE tours_tour")
        (result,) = iter(client.pgconn.get_result, None)
        standby.execute("ALTER SYSTEM RESET max_standby_streaming_delay")
        standby.execute("SELECT pg_reload_conf()")
    error = psycopg.errors.error_from_result(result)
    assert error.sqlstate == "40001"
    replica.blame(error)
    assert replica.state.good_looks == 0


def test_reading_goes_on_while_the_primary_is_stopped(site, ada, record_property):
    site.supervisor("stop", "postgres")
    stopped = time.monotonic()
    try:
        wait_until(lambda: "read-only for the moment" in get_page(site, ada), 10, "the banner")
        record_property("banner after", f"{time.monotonic() - stopped:.1f} s")
        assert {get_profile(site, ada).status for _ in range(20)} == {200}
        assert {change_bio(site, ada, "lost").status for _ in range(4)} == {503}
        assert {get_profile(site, ada).status for _ in range(40)} == {200}
    finally:
        site.supervisor("start", "postgres")
    site.wait_until_ready()
    wait_until(lambda: change_bio(site, ada, "kept").status == 200, 10, "writes succeed")
    wait_until(lambda: "read-only" not in get_page(site, ada), 10, "the banner is gone")


def get_page(site, person):
    answer = ask(site, "GET", "/", person.headers)
    return answer.body if answer.status == 200 else ""
