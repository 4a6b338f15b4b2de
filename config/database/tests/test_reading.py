"""Where the statements of a request go. The jobs pool stands in for the replica's."""

import time

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Upper

from config.database.replicas import servers
from config.database.replicas.reading import Reading, leave_replica, use_reading
from config.database.replicas.servers import Replica
from config.database.replicas.state import NEVER, PrimaryState
from config.tests.processes import ServerLog
from onboarding.models import Expert
from onboarding.tests.experts import make_expert

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


@pytest.fixture
def replica():
    return Replica(settings.POOLS["jobs"], PrimaryState())


@pytest.fixture
def reading(replica):
    reading = Reading(replica, 0)
    with use_reading(reading), connection.execute_wrapper(reading.execute):
        yield reading


def list_statements(act):
    """Return the statements on the primary, and those on the replica."""
    log = ServerLog()
    act()
    return log.statements("ai4ceo web"), log.statements("ai4ceo jobs")


def test_reads_go_to_the_replica(reading):
    make = list_statements(lambda: list(Expert.objects.all()))
    assert (len(make[0]), len(make[1])) == (0, 1)
    assert (reading.served_by, reading.wrote) == ("jobs", False)


def test_rows_of_the_replica_are_ordinary_rows():
    expert = make_expert(slug="law", name="Law")
    reading = Reading(Replica(settings.POOLS["jobs"], PrimaryState()), 0)
    with connection.execute_wrapper(reading.execute):
        found = Expert.objects.annotate(loud=Upper("name")).get(slug="law")
    assert (found.pk, found.loud, found._state.db) == (expert.pk, "LAW", "default")
    assert reading.served_by


def test_after_a_write_reads_go_to_the_primary(reading):
    def act():
        Expert.objects.count()
        Expert.objects.filter(slug="law").update(name="Law")
        Expert.objects.count()

    primary, replica = list_statements(act)
    assert (len(primary), len(replica)) == (2, 1)
    assert reading.wrote
    assert reading.replica is None


def test_a_transaction_goes_to_the_primary(reading):
    def act():
        with transaction.atomic():
            Expert.objects.count()

    primary, replica = list_statements(act)
    assert (len(primary), replica) == (3, [])
    assert not reading.wrote


def test_a_lock_goes_to_the_primary(reading):
    def act():
        with transaction.atomic():
            list(Expert.objects.select_for_update())

    assert list_statements(act)[1] == []
    assert reading.wrote


def test_a_cursor_that_has_read_writes_on_the_primary(reading):
    make_expert(slug="law")

    def act():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM onboarding_expert")
            assert cursor.fetchone()
            cursor.execute("UPDATE onboarding_expert SET name = 'Law'")

    reading.replica, reading.wrote = Replica(settings.POOLS["jobs"], PrimaryState()), False
    primary, replica = list_statements(act)
    assert (len(primary), len(replica)) == (1, 1)
    assert reading.wrote


def test_a_replica_that_may_be_older_than_the_last_write_is_not_read_from(replica):
    reading = Reading(replica, NEVER)
    with connection.execute_wrapper(reading.execute):
        primary, others = list_statements(Expert.objects.count)
    assert (len(primary), others) == (1, [])


def fail(error):
    def execute(*_):
        raise error

    return execute


def test_a_failed_replica_is_left_at_once(reading, monkeypatch):
    reading.replica.state.good_looks = 3
    state = reading.replica.state
    lost = OperationalError("server login has been failing, try again later")
    monkeypatch.setattr(reading.replica, "execute", fail(lost))
    primary, replica = list_statements(Expert.objects.count)
    assert (len(primary), replica) == (1, [])
    assert (reading.replica, state.good_looks) == (None, 0)


def test_a_statement_that_the_replica_rejects_runs_on_the_primary(reading):
    state = reading.replica.state
    state.good_looks = 3

    def act():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM onboarding_expert WHERE name = 1")

    with pytest.raises(Exception, match="operator does not exist"):
        act()
    assert (reading.replica, state.good_looks) == (None, 3)


def test_a_full_replica_is_no_reason_to_load_the_primary(reading, monkeypatch):
    state = reading.replica.state
    state.good_looks = 3
    monkeypatch.setattr(reading.replica, "execute", fail(OperationalError("query_wait_timeout")))
    state.record_answer(time.monotonic())
    with pytest.raises(OperationalError):
        Expert.objects.count()
    assert state.good_looks == 3


def test_a_full_replica_that_answers_nobody_is_left(reading, monkeypatch):
    state = reading.replica.state
    state.good_looks = 3
    monkeypatch.setattr(reading.replica, "execute", fail(OperationalError("query_wait_timeout")))
    Expert.objects.annotate(one=Value(1)).count()
    assert state.good_looks == 0


def test_a_slow_statement_is_no_reason_to_leave_the_replica(reading, monkeypatch):
    replica, state = reading.replica, reading.replica.state
    state.good_looks = 3
    monkeypatch.setattr(replica, "execute", fail(OperationalError("timeout expired")))
    state.record_answer(time.monotonic())
    Expert.objects.count()
    assert (reading.replica, state.good_looks) == (None, 3)


def test_a_user_keeps_the_same_replica(monkeypatch):
    replicas = [Replica(settings.POOLS["jobs"], PrimaryState()) for _ in range(2)]
    monkeypatch.setattr(servers, "list_replicas", lambda: replicas)
    assert servers.choose_replica("a") is None
    for replica in replicas:
        replica.state.good_looks, replica.state.as_new_as = 3, time.monotonic()
    assert {servers.choose_replica("a") for _ in range(9)} == {servers.choose_replica("a")}
    assert {servers.choose_replica(key) for key in "abc"} == set(replicas)
    replicas[0].state.record_failure()
    assert {servers.choose_replica(key) for key in "abc"} == {replicas[1]}


def test_a_request_can_leave_the_replica_once(reading):
    assert leave_replica()
    assert not leave_replica()
