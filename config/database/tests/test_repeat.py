"""A statement that PgBouncer's restart lost is run once more, where that is safe."""

import os
import socket

import pytest
from django.db import OperationalError, connection, transaction

from config.database.backend import base, retry


def sever():
    """Cut the connection's socket, as a PgBouncer that is killed does."""
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as cut:
        cut.shutdown(socket.SHUT_RDWR)


pytestmark = pytest.mark.usefixtures("cut_off")


@pytest.fixture
def cut_off(transactional_db, monkeypatch):
    """A connection whose end comes after the health check and before the statement."""
    connection.ensure_connection()
    monkeypatch.setattr(connection, "close_if_health_check_failed", lambda: None)
    yield
    connection.close()


def test_a_read_that_a_restart_lost_is_repeated():
    sever()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_write_outside_a_transaction_is_never_repeated():
    sever()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET name = name")


def test_a_locking_read_outside_a_transaction_is_never_repeated():
    sever()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_user FOR UPDATE")


def test_a_lost_first_statement_of_a_transaction_is_repeated_within_it():
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


def test_a_lost_later_statement_of_a_transaction_is_never_repeated():
    with pytest.raises(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        begin_then_sever(cursor)


def test_a_statement_that_the_server_refused_is_never_repeated():
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_request_whose_write_was_lost_has_a_new_connection_at_once():
    with connection.wait_once():
        write_in_vain()
        connection.probe(5)


def write_in_vain():
    with pytest.raises(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        begin_then_sever(cursor)


def test_a_request_that_has_waited_in_vain_does_not_wait_again(monkeypatch):
    monkeypatch.setattr(base, "SHORT_WAIT", 0.0)
    with connection.wait_once():
        write_in_vain()
        with pytest.raises(OperationalError):
            connection.probe(5)


def test_what_cannot_be_replaced_does_not_stay(monkeypatch):
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)
    with monkeypatch.context() as patch, connection.cursor() as cursor:
        sever()
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        with pytest.raises(OperationalError):
            cursor.execute("SELECT 1")
    connection.probe(5)
