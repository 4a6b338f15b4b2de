"""Settings that another client left on a pool's server connections break no request."""

import time

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from accounts.models import User
from accounts.tests.people import make_user
from config.database.backend import session_state
from config.database.tests.servers import connect
from config.tests.processes import ServerLog

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])

SETTINGS = pytest.mark.parametrize(
    "statement",
    [
        "SELECT set_config('search_path', '', false)",
        "SET default_transaction_read_only = on",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SET search_path = pg_catalog",
    ],
)


@pytest.fixture(autouse=True)
def _clear_state():
    session_state._genuine.clear()
    session_state._reconnected.clear()


def leave_settings(statement):
    """Run the statement on every server connection of the web pool."""
    place = {key: connection.settings_dict[key.upper()] for key in ("host", "port")}
    place["dbname"] = connection.settings_dict["NAME"]
    pool = settings.POOLS["web"]
    clients = [connect(settings.POSTGRES["web"], **place) for _ in range(pool.max_connections)]
    for client in clients:
        client.execute("BEGIN")
        client.execute("SELECT 1")
    for client in clients:
        client.execute(statement)
        client.execute("COMMIT")
    for client in clients:
        client.close()


@SETTINGS
def test_retries_a_statement_on_a_new_connection(statement):
    leave_settings(statement)
    make_user(email="ann@example.org")
    assert User.objects.filter(email="ann@example.org").count() == 1


@SETTINGS
def test_retries_the_first_statement_of_a_transaction(statement):
    user = make_user(email="ann@example.org")
    leave_settings(statement)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(email="bob@example.org")
        assert User.objects.get(pk=user.pk).email == "bob@example.org"


def test_replaces_a_shorter_statement_timeout():
    leave_settings("SET statement_timeout = 50")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("15s",)


def test_without_a_console_the_error_remains(settings, tmp_path, caplog):
    there = settings.PGBOUNCER_HOST
    leave_settings("SET search_path = pg_catalog")
    settings.PGBOUNCER_HOST = str(tmp_path)
    with pytest.raises(ProgrammingError, match="accounts_user"):
        User.objects.count()
    assert f"does not answer on {tmp_path}" in caplog.text
    settings.PGBOUNCER_HOST = there
    assert User.objects.count() == 0


def test_genuine_error_replaces_connections_only_once():
    with connection.cursor() as cursor:
        for _ in range(2):
            with pytest.raises(ProgrammingError, match="nowhere"):
                cursor.execute("SELECT * FROM nowhere")
    before = dict(session_state._reconnected)
    time.sleep(0.01)
    with connection.cursor() as cursor, pytest.raises(ProgrammingError):
        cursor.execute("SELECT * FROM nowhere")
    assert session_state._reconnected == before


def test_never_retries_within_a_transaction():
    log = ServerLog()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with pytest.raises(ProgrammingError):
            cursor.execute("SELECT * FROM nowhere")
        transaction.set_rollback(True)
    assert log.text().count("statement: SELECT * FROM nowhere") == 1
