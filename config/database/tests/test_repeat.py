"""A statement lost to PgBouncer's restart is retried if that is safe."""

import os
import socket

import pytest
from django.db import OperationalError, connection, transaction

from config.database.backend import base, retry


def sever():
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as cut:
        cut.shutdown(socket.SHUT_RDWR)


pytestmark = pytest.mark.usefixtures("lost_connection")


@pytest.fixture
def lost_connection(transactional_db, monkeypatch):
    """Lose the connection between the health check and the statement."""
    connection.ensure_connection()
    monkeypatch.setattr(connection, "close_if_health_check_failed", lambda: None)
    yield
    connection.close()


def test_repeats_a_lost_read():
    sever()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_never_repeats_a_write_outside_a_transaction():
    sever()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET name = name")


def test_never_repeats_a_locking_read_outside_a_transaction():
    sever()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_user FOR UPDATE")


def test_repeats_the_first_statement_of_a_transaction():
    with transaction.atomic(), connection.cursor() as cursor:
        sever()
        cursor.execute("UPDATE accounts_user SET name = name")
        cursor.execute("SELECT now() = statement_timestamp()")
        assert cursor.fetchone() == (False,)
    assert connection.get_autocommit()


def begin_then_sever(cursor):
    cursor.execute("UPDATE accounts_user SET name = name")
    sever()
    cursor.execute("UPDATE accounts_user SET name = name")


def test_never_repeats_a_later_statement_of_a_transaction():
    with pytest.raises(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        begin_then_sever(cursor)


def test_never_repeats_a_statement_that_the_server_rejected():
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_request_reconnects_after_a_lost_write():
    with connection.wait_once():
        fail_to_write()
        connection.probe(5)


def fail_to_write():
    with pytest.raises(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        begin_then_sever(cursor)


def test_request_does_not_wait_twice(monkeypatch):
    monkeypatch.setattr(base, "SHORT_WAIT", 0.0)
    with connection.wait_once():
        fail_to_write()
        with pytest.raises(OperationalError):
            connection.probe(5)


def test_lost_connection_is_dropped_if_reconnecting_fails(monkeypatch):
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)
    with monkeypatch.context() as patch, connection.cursor() as cursor:
        sever()
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        with pytest.raises(OperationalError):
            cursor.execute("SELECT 1")
    connection.probe(5)
