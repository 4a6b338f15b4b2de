from dataclasses import replace

import pytest
from django.conf import settings

from config.database.console import Console, ConsoleError, console_password
from config.database.tests.servers import pooler
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


def test_a_refused_command_is_one_clear_error():
    refusal = "PgBouncer of the jobs pool refuses 'NONSENSE': "
    with Console(settings.POOLS["jobs"]) as console, pytest.raises(ConsoleError, match=refusal):
        console.run("NONSENSE")


def test_over_tcp_only_the_password_opens_the_console(settings):
    policy = replace(settings.POOLS["web"], listen_port=free_port())
    settings.PGBOUNCER_HOST = "127.0.0.1"
    with pooler(policy, settings.POSTGRES["web"], host="127.0.0.1"):
        with Console(policy) as console:
            assert console.show("VERSION")
        settings.SECRET_KEY = "another-secret-key"
        with pytest.raises(ConsoleError, match="web pool does not answer"), Console(policy):
            pass


def test_where_nothing_listens_the_error_says_what_to_do(settings, tmp_path):
    settings.PGBOUNCER_HOST = str(tmp_path)
    with pytest.raises(ConsoleError) as caught, Console(settings.POOLS["web"]):
        pass
    assert f"does not answer on {tmp_path}, port 6432: start it with deploy/up" in str(caught.value)
    assert console_password() not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_password_depends_on_the_secret_key(settings):
    before = console_password()
    settings.SECRET_KEY = "another-secret-key"
    assert len(before) == 64
    assert console_password() != before
