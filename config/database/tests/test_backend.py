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
    connection = make_connection(get_direct_entry(settings.POSTGRES["web"].host))
    connection.connect()
    yield connection
    connection.close()


def make_connection(entry):
    return ConnectionHandler({"default": entry}).create_connection("default")


def get_direct_entry(host):
    pool, server = settings.POOLS["web"], settings.POSTGRES["web"]
    entry = render_database(pool, server, pooling="direct", pgbouncer_host="")
    return entry | {"HOST": host, "NAME": server.dbname}


def get_pid(connection):
    return connection.connection.info.backend_pid


def end_backend(connection):
    with superuser() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [get_pid(connection)])
    wait_until(lambda: has_ended(connection.connection), 30, "the connection has ended")


def run_query(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_closed_connection_is_replaced_before_a_statement(connection):
    before = get_pid(connection)
    end_backend(connection)
    assert not connection.is_usable()
    assert run_query(connection) != before


def test_closed_connection_is_replaced_before_a_transaction(connection):
    before = get_pid(connection)
    end_backend(connection)
    connection.set_autocommit(False)
    assert run_query(connection) != before


def test_open_connection_is_kept_without_a_query(connection):
    before = run_query(connection)
    with superuser() as other:
        look = "SELECT query, query_start FROM pg_stat_activity WHERE pid = %s"
        seen = other.execute(look, [before]).fetchone()
        for _ in range(3):
            connection.close_if_health_check_failed()
            assert connection.is_usable()
        assert other.execute(look, [before]).fetchone() == seen
    assert get_pid(connection) == before


def query_before_and_after_the_end(connection):
    run_query(connection)
    end_backend(connection)
    run_query(connection)


def test_manual_transaction_fails_instead_of_losing_its_first_half(connection):
    connection.set_autocommit(False)
    with pytest.raises(OperationalError):
        query_before_and_after_the_end(connection)


def test_atomic_block_fails_instead_of_losing_its_first_half(connection):
    connections["own"] = connection
    try:
        with pytest.raises(OperationalError), transaction.atomic(using="own"):
            query_before_and_after_the_end(connection)
    finally:
        del connections["own"]


def test_unexpected_data_means_closed():
    here, there = socket.socketpair()
    with here, there:
        idle = SimpleNamespace(closed=False, fileno=here.fileno)
        assert not has_ended(idle)
        there.send(b"E")
        assert has_ended(idle)


def test_has_ended_after_close(connection):
    raw = connection.connection
    connection.close()
    assert has_ended(raw)
    assert not connection.is_usable()


def test_login_waits_for_a_restart(tmp_path):
    server = settings.POSTGRES["web"]
    name = f".s.PGSQL.{server.port}"
    later = threading.Timer(0.3, os.symlink, [f"{server.host}/{name}", tmp_path / name])
    late = make_connection(get_direct_entry(str(tmp_path)))
    later.start()
    try:
        assert run_query(late) > 0
    finally:
        later.join()
        late.close()


def test_login_gives_up_after_the_restart_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.1)
    connection = make_connection(get_direct_entry(str(tmp_path)))
    with pytest.raises(OperationalError, match="No such file or directory"):
        run_query(connection)


def test_other_errors_fail_at_once(monkeypatch):
    monkeypatch.setattr(retry.time, "sleep", pytest.fail)
    entry = get_direct_entry(settings.POSTGRES["web"].host) | {"NAME": "no_such_database"}
    with pytest.raises(OperationalError):
        run_query(make_connection(entry))


def test_wait_once_fails_at_once_until_the_block_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)
    connection, server = make_connection(get_direct_entry(str(tmp_path))), settings.POSTGRES["web"]
    name = f".s.PGSQL.{server.port}"
    with connection.wait_once():
        with pytest.raises(OperationalError, match="No such file or directory"):
            run_query(connection)
        os.symlink(f"{server.host}/{name}", tmp_path / name)
        with pytest.raises(OperationalError, match="No such file or directory"):
            run_query(connection)
    assert run_query(connection) > 0
    connection.close()


def test_wait_once_still_replaces_an_idle_lost_connection(connection):
    with connection.wait_once():
        before = run_query(connection)
        end_backend(connection)
        assert run_query(connection) != before


def test_limit_time_ends_an_endless_wait(connection):
    with superuser() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE accounts_user")
        with pytest.raises(OperationalError, match="timeout expired"), connection.limit_time(0.2):
            count_connections(connection)
        assert connection.connection is None
    assert count_connections(connection) >= 0


def test_limit_time_keeps_an_answer_in_time(connection):
    raw = connection.connection
    connection.probe(5)
    with connection.limit_time(0.001):
        pass
    assert count_connections(connection) >= 0
    assert connection.connection is raw
    assert "wait" not in vars(raw)


def count_connections(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_user")
        return cursor.fetchone()[0]
