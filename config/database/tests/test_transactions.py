"""A transaction is atomic however it was opened, and no request inherits a broken connection."""

import os
import socket
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import OperationalError, close_old_connections, connections, transaction
from django.db.backends.signals import connection_created
from django.db.utils import ConnectionHandler, Error
from psycopg import IsolationLevel

from accounts.models import User
from accounts.tests.people import make_user
from config.database.cli import use_jobs_pool
from config.database.lookup import Lookup
from config.database.render.django import render_database
from config.database.writes import update, write
from config.tests.processes import superuser

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])

BY_KEY = Lookup(lambda key: User.objects.filter(email=key))


def sever(connection):
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as cut:
        cut.shutdown(socket.SHUT_RDWR)


@pytest.fixture(params=["pgbouncer", "direct"])
def own(request):
    """Yield a new connection, which is this thread's `own`, pooled or direct."""
    yield from open_connection(entry(request.param))


@pytest.fixture
def role():
    """Connect directly with assume_role and another time zone."""
    mine = entry("direct") | {"USER": "postgres", "PASSWORD": "", "TIME_ZONE": "Asia/Tokyo"}
    mine["OPTIONS"] = mine["OPTIONS"] | {"assume_role": settings.POSTGRES["web"].user}
    yield from open_connection(mine)


def entry(pooling):
    pool, server = settings.POOLS["web"], settings.POSTGRES["web"]
    host = settings.PGBOUNCER_HOST
    made = render_database(pool, server, pooling=pooling, pgbouncer_host=host)
    return made | ({"HOST": server.host} if pooling == "direct" else {})


def open_connection(entry):
    connection = ConnectionHandler({"default": entry}).create_connection("default")
    connections["own"] = connection
    connection.connect()
    yield connection
    connection.close()
    del connections["own"]


def run(connection, *statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


def note(name):
    return f"INSERT INTO cache VALUES ('{name}', '', now())"


@contextmanager
def severed_transaction(connection):
    """Lose a transaction's connection before its first statement; yield its cursor."""
    with transaction.atomic("own"), connection.cursor() as cursor:
        sever(connection)
        yield cursor


def run_and_roll_back(*statements):
    with transaction.atomic("own"):
        run(connections["own"], *statements)
        raise ZeroDivisionError


def list_notes():
    with superuser() as looking:
        return [key for (key,) in looking.execute("SELECT cache_key FROM cache ORDER BY 1")]


def test_manual_transaction_fails_instead_of_losing_its_first_half(own):
    run(own, "BEGIN", note("a"))
    sever(own)
    for statement in (note("b"), "COMMIT", note("c")):
        with pytest.raises(OperationalError):
            run(own, statement)
    assert list_notes() == []


def test_never_repeats_a_read_in_a_manual_transaction(own):
    run(own, "BEGIN", note("a"))
    sever(own)
    for _ in range(2):
        with pytest.raises(OperationalError):
            run(own, "SELECT 1")


def test_next_request_reconnects(own):
    run(own, "BEGIN")
    sever(own)
    with pytest.raises(OperationalError):
        run(own, "SELECT 1")
    own.close_if_unusable_or_obsolete()
    assert run(own, "SELECT 1") == (1,)


def test_open_transaction_ends_with_its_request(own):
    run(own, "BEGIN", note("a"))
    own.close_if_unusable_or_obsolete()
    assert own.connection is None
    assert list_notes() == []


def test_failed_transaction_ends_with_its_request(own):
    run(own, "BEGIN")
    assert own.is_usable()
    with pytest.raises(Error):
        run(own, "SELECT 1 / 0")
    assert not own.is_usable()
    own.close_if_unusable_or_obsolete()
    assert run(own, "SELECT 1") == (1,)


def test_healthy_connection_persists(own):
    before = own.connection
    run(own, "SELECT 1")
    own.close_if_unusable_or_obsolete()
    assert own.connection is before


def test_django_closes_an_open_transaction():
    with connections["default"].cursor() as cursor:
        cursor.execute("BEGIN")
    close_old_connections()
    assert connections["default"].connection is None


def test_next_statement_reconnects_after_a_lost_write(own):
    with own.cursor() as cursor:
        sever(own)
        with pytest.raises(OperationalError):
            cursor.execute(note("a"))
    run(own, note("b"))
    assert list_notes() == ["b"]


def test_never_repeats_a_read_with_an_unknown_function(own):
    with own.cursor() as cursor:
        sever(own)
        with pytest.raises(OperationalError):
            cursor.execute("SELECT set_config('a.b', 'c', false)")


def test_never_repeats_executemany(own):
    rows = ((f"row {number}",) for number in range(3))
    with pytest.raises(OperationalError), severed_transaction(own) as cursor:
        cursor.executemany("INSERT INTO cache VALUES (%s, '', now())", rows)
    assert list_notes() == []


def test_never_repeats_a_statement_that_may_end_the_transaction(own):
    with pytest.raises(OperationalError), severed_transaction(own) as cursor:
        cursor.execute(f"{note('a')}; COMMIT; {note('b')}")
    assert list_notes() == []


def test_replaced_connection_is_initialised(role):
    made = []
    connection_created.connect(receiver := lambda **given: made.append(given["connection"]))
    before = role.connection
    with transaction.atomic("own"), role.cursor() as cursor:
        sever(role)
        cursor.execute("SELECT current_setting('TimeZone'), current_user, now()")
        zone, user, now = cursor.fetchone()
    connection_created.disconnect(receiver)
    assert (zone, user) == ("Asia/Tokyo", settings.POSTGRES["web"].user)
    assert now.tzinfo.key == "Asia/Tokyo"
    assert made == [role]
    assert role.connection is not before


def test_replaced_connection_keeps_the_transaction(own):
    done = []
    with transaction.atomic("own"):
        own.connection.isolation_level = IsolationLevel.SERIALIZABLE
        transaction.on_commit(lambda: done.append(list_notes()), "own")
        sever(own)
        with pytest.raises(ZeroDivisionError):
            run_and_roll_back(note("a"))
        run(own, note("b"))
        assert run(own, "SHOW transaction_isolation") == ("serializable",)
        assert (list_notes(), done, own.in_atomic_block) == ([], [], True)
    assert done == [["b"]]
    assert own.get_autocommit()


def test_transaction_fails_if_reconnecting_fails(own, monkeypatch):
    def refuse(**_):
        raise OperationalError("refused")

    def write():
        sever(own)
        with pytest.raises(OperationalError, match="refused"):
            run(own, note("a"))
        run(own, note("b"))

    connection_created.connect(refuse)
    try:
        with pytest.raises(OperationalError), transaction.atomic("own"):
            write()
    finally:
        connection_created.disconnect(refuse)
    assert list_notes() == []
    run(own, note("c"))
    assert list_notes() == ["c"]


def test_asynchronous_messages_do_not_close_the_connection(own):
    if own.settings_dict["HOST"] == settings.POSTGRES["web"].host:
        run(own, "LISTEN news")
        before = own.connection
        with superuser() as other:
            other.execute("NOTIFY news")
        for _ in range(2):
            run(own, "SELECT 1")
        assert own.connection is before


def test_lookup_and_write_work_on_a_replaced_connection():
    user, connection = make_user(), connections["default"]
    with transaction.atomic():
        sever(connection)
        assert BY_KEY.get(user.email) == user
    with transaction.atomic():
        sever(connection)
        assert write(update(User, user.pk, {"name": "Other"}))
    assert BY_KEY.get(user.email).date_joined == user.date_joined
    assert User.objects.get().name == "Other"


def test_lookup_and_write_work_in_a_commands_transaction():
    user = make_user()
    with use_jobs_pool(), transaction.atomic():
        assert write(update(User, user.pk, {"name": "Other"}))
        assert BY_KEY.get(user.email).name == "Other"
        transaction.set_rollback(True)
    assert BY_KEY.get(user.email).name == user.name
