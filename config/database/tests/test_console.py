from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.conf import settings

from config.database.monitor.console import (
    Console,
    ConsoleError,
    PauseTimeoutError,
    get_console_password,
)
from config.database.tests.servers import connect, get_place, run_pgbouncer
from config.tests.processes import free_port


def test_shows_rows_by_column_name():
    with Console(settings.POOLS["web"]) as console:
        rows = console.show("LISTS")
    assert {"list", "items"} <= set(rows[0])
    assert {row["list"]: row["items"] for row in rows}["databases"] == 2


def test_runs_a_command():
    with Console(settings.POOLS["jobs"]) as console:
        console.run("RELOAD")
        assert console.show("VERSION")[0]["version"].startswith("PgBouncer 1.")


def test_rejected_command_is_one_clear_error():
    refusal = "PgBouncer of the jobs pool rejects 'NONSENSE': "
    with Console(settings.POOLS["jobs"]) as console, pytest.raises(ConsoleError, match=refusal):
        console.run("NONSENSE")


def test_console_requires_the_password_over_tcp(settings):
    policy = replace(settings.POOLS["web"], listen_port=free_port())
    settings.PGBOUNCER_HOST = "127.0.0.1"
    with run_pgbouncer(policy, settings.POSTGRES["web"], host="127.0.0.1"):
        with Console(policy) as console:
            assert console.show("VERSION")
        settings.SECRET_KEY = "another-secret-key"
        with pytest.raises(ConsoleError, match="web pool does not answer"), Console(policy):
            pass


def test_error_without_a_listener_says_what_to_do(settings, tmp_path):
    settings.PGBOUNCER_HOST = str(tmp_path)
    with pytest.raises(ConsoleError) as caught, Console(settings.POOLS["web"]):
        pass
    assert f"does not answer on {tmp_path}, port 6432: run deploy/down, then deploy/up" in str(
        caught.value
    )
    assert get_console_password() not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_password_depends_on_the_secret_key(settings):
    before = get_console_password()
    settings.SECRET_KEY = "another-secret-key"
    assert len(before) == 64
    assert get_console_password() != before


def test_version_is_a_tuple_of_numbers():
    with Console(settings.POOLS["web"]) as console:
        written = console.show("VERSION")[0]["version"].split()[1]
        assert console.version == tuple(int(part) for part in written.split("."))
        assert console.version >= (1, 18)


@pytest.fixture
def place(settings):
    """Run a PgBouncer in place of the web's; yield where to connect."""
    with run_pgbouncer(settings.POOLS["web"], settings.POSTGRES["web"]) as place:
        settings.PGBOUNCER_HOST = place["host"]
        yield place


@contextmanager
def open_transaction(place):
    with connect(settings.POSTGRES["web"], **get_place(place)) as client:
        client.execute("BEGIN")
        client.execute("SELECT 1")
        yield client
        client.execute("COMMIT")


def test_pause_closes_the_server_connections_until_resume(place):
    with Console(settings.POOLS["web"]) as console:
        connect(settings.POSTGRES["web"], **get_place(place)).execute("SELECT 1").connection.close()
        assert len(console.show("SERVERS")) == 1
        console.pause(10)
        assert (console.show("SERVERS"), console.is_paused()) == ([], True)
        assert console.resume() is True
        assert (console.is_paused(), console.resume()) == (False, False)


def test_pause_and_resume_are_idempotent(place):
    with Console(settings.POOLS["web"]) as console:
        console.pause(10)
        console.pause(10)
        assert console.resume() is True


def test_pause_waits_for_an_open_transaction(place):
    pool = settings.POOLS["web"]
    with open_transaction(place) as client:
        with Console(pool) as console, pytest.raises(PauseTimeoutError, match=r"open after 0\.2 s"):
            console.pause(0.2)
        with Console(pool) as console:
            assert console.is_paused()
            assert console.resume() is True
        assert client.execute("SELECT 2").fetchone() == (2,)


def test_resume_ends_an_unnamed_pause(place):
    with Console(settings.POOLS["web"]) as console:
        console.run("PAUSE")
        assert console.resume() is True
        assert console.resume() is False
    with open_transaction(place):
        pass


def test_pause_after_an_unnamed_pause_is_one_clear_error(place):
    with Console(settings.POOLS["web"]) as console:
        console.run("PAUSE")
        with pytest.raises(ConsoleError, match=r"web pool rejects 'PAUSE .*already") as caught:
            console.pause(10)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dbname", ["My-Site.v2", "my d'b\"", "pgbouncer"])
def test_pause_works_for_any_database_name(settings, dbname):
    server = replace(settings.POSTGRES["web"], dbname=dbname)
    with run_pgbouncer(settings.POOLS["web"], server) as place:
        settings.PGBOUNCER_HOST = place["host"]
        with Console(settings.POOLS["web"]) as console:
            console.pause(10)
            assert console.is_paused()
