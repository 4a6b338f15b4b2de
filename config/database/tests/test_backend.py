import os
import socket
import threading
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.db.utils import ConnectionHandler

from config.database.backend import retry
from config.database.backend.socket_state import has_ended
from config.database.render.django import render_database
from config.tests.processes import superuser, wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection():
    """A connection straight to the server, whose process a test may end."""
    connection = made(straight(settings.POSTGRES["web"].host))
    connection.connect()
    yield connection
    connection.close()


def made(entry):
    return ConnectionHandler({"default": entry}).create_connection("default")


def straight(host):
    pool, server = settings.POOLS["web"], settings.POSTGRES["web"]
    entry = render_database(pool, server, pooling="direct", pgbouncer_host="")
    return entry | {"HOST": host, "NAME": server.dbname}


def pid(connection):
    return connection.connection.info.backend_pid


def end(connection):
    """End the server's process, as a stopped PgBouncer ends its clients' connections."""
    with superuser() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid(connection)])
    wait_until(lambda: has_ended(connection.connection), 5, "the connection has ended")


def ask(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_an_ended_connection_is_replaced_before_the_next_statement(connection):
    before = pid(connection)
    end(connection)
    assert not connection.is_usable()
    assert ask(connection) != before


def test_an_ended_connection_is_replaced_before_a_transaction(connection):
    before = pid(connection)
    end(connection)
    connection.set_autocommit(False)
    assert ask(connection) != before


def test_a_living_connection_is_kept_without_a_query(connection):
    before = ask(connection)
    with superuser() as other:
        look = "SELECT query, query_start FROM pg_stat_activity WHERE pid = %s"
        seen = other.execute(look, [before]).fetchone()
        for _ in range(3):
            connection.close_if_health_check_failed()
            assert connection.is_usable()
        assert other.execute(look, [before]).fetchone() == seen
    assert pid(connection) == before


def ask_before_and_after_the_end(connection):
    ask(connection)
    end(connection)
    ask(connection)


def test_a_transaction_fails_instead_of_losing_its_first_half(connection):
    connection.set_autocommit(False)
    with pytest.raises(OperationalError):
        ask_before_and_after_the_end(connection)


def test_an_atomic_block_fails_instead_of_losing_its_first_half(connection):
    connections["own"] = connection
    try:
        with pytest.raises(OperationalError), transaction.atomic(using="own"):
            ask_before_and_after_the_end(connection)
    finally:
        del connections["own"]


def test_an_answer_that_nobody_asked_for_is_the_end():
    here, there = socket.socketpair()
    with here, there:
        idle = SimpleNamespace(closed=False, fileno=here.fileno)
        assert not has_ended(idle)
        there.send(b"E")
        assert has_ended(idle)


def test_a_closed_connection_has_ended(connection):
    raw = connection.connection
    connection.close()
    assert has_ended(raw)
    assert not connection.is_usable()


def test_a_login_waits_for_a_restart(tmp_path):
    server = settings.POSTGRES["web"]
    name = f".s.PGSQL.{server.port}"
    later = threading.Timer(0.3, os.symlink, [f"{server.host}/{name}", tmp_path / name])
    late = made(straight(str(tmp_path)))
    later.start()
    try:
        assert ask(late) > 0
    finally:
        later.join()
        late.close()


def test_a_login_gives_up_after_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.1)
    connection = made(straight(str(tmp_path)))
    with pytest.raises(OperationalError, match="No such file or directory"):
        ask(connection)


def test_what_is_no_restart_fails_at_once(monkeypatch):
    monkeypatch.setattr(retry.time, "sleep", pytest.fail)
    entry = straight(settings.POSTGRES["web"].host) | {"NAME": "no_such_database"}
    with pytest.raises(OperationalError):
        ask(made(entry))


def test_who_waits_once_fails_at_once_again_until_the_block_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)
    connection, server = made(straight(str(tmp_path))), settings.POSTGRES["web"]
    name = f".s.PGSQL.{server.port}"
    with connection.wait_once():
        with pytest.raises(OperationalError, match="No such file or directory"):
            ask(connection)
        os.symlink(f"{server.host}/{name}", tmp_path / name)
        with pytest.raises(OperationalError, match="No such file or directory"):
            ask(connection)
    assert ask(connection) > 0
    connection.close()


def test_a_connection_lost_in_an_idle_moment_is_replaced_by_who_waits_once_too(connection):
    with connection.wait_once():
        before = ask(connection)
        end(connection)
        assert ask(connection) != before


def test_who_waits_without_end_is_cut_off(connection):
    with superuser() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE accounts_user")
        with pytest.raises(OperationalError, match="timeout expired"), connection.limit_time(0.2):
            count(connection)
        assert connection.connection is None
    assert count(connection) >= 0


def test_what_comes_in_time_is_not_cut_off(connection):
    raw = connection.connection
    connection.probe(5)
    with connection.limit_time(0.001):
        pass
    assert count(connection) >= 0
    assert connection.connection is raw
    assert "wait" not in vars(raw)


def count(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_user")
        return cursor.fetchone()[0]
