"""`manage.py pools`: pause, resume, reconnect and reload."""

import signal
from dataclasses import replace

import pytest
from django.conf import settings
from django.core.management import CommandError

from config.database.monitor.console import Console, ConsoleError
from config.database.render.pgbouncer import render_ini
from config.database.tests.pools import (
    are_paused,
    connect_client,
    hold_connection,
    pools,
    run_failing,
)
from config.database.tests.servers import run_pgbouncer
from config.tests.processes import manage, wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "jobs"]),
    pytest.mark.usefixtures("resumed"),
]


def test_pause_and_resume_are_reported_and_idempotent():
    assert "; clients that wait longer than 10 s get an error\njobs: paused in " in pools("pause")
    assert pools("pause").startswith("web: was paused already; ")
    assert are_paused() == [True, True]
    assert pools("resume") == "web: resumed\njobs: resumed\n"
    assert pools("resume") == "web: was not paused\njobs: was not paused\n"
    assert are_paused() == [False, False]


def test_pauses_both_pools_or_none():
    with hold_connection("web"), pytest.raises(CommandError) as caught:
        pools("pause", "--timeout", "1")
    assert are_paused() == [False, False]
    assert str(caught.value).startswith("web: transactions were still open after 1 s: ")
    assert "\n" not in str(caught.value)


def test_refused_pause_resumes_the_other_pool(monkeypatch):
    paused, pause = [], Console.pause

    def refuse_second(console, seconds):
        if paused:
            raise ConsoleError("not allowed")
        pause(console, seconds)
        paused.append(console.pool.name)

    monkeypatch.setattr(Console, "pause", refuse_second)
    assert run_failing("pause")[1] == "not allowed"
    assert (len(paused), are_paused()) == (1, [False, False])


def test_failed_pause_keeps_pools_paused_before():
    pools("pause", "--pool", "jobs")
    with hold_connection("web"), pytest.raises(CommandError):
        pools("pause", "--timeout", "1")
    assert are_paused() == [False, True]


def test_interrupted_pause_leaves_nothing_paused():
    with hold_connection("web"):
        pausing = manage("pools", "pause", "--timeout", "60")
        wait_until(lambda: are_paused() == [True, True], 30, "it waits")
        pausing.send_signal(signal.SIGINT)
        output, error = pausing.communicate(timeout=30)
    assert (pausing.returncode, output) == (1, "")
    assert error == "CommandError: web: interrupted. All pools were resumed.\n"
    assert are_paused() == [False, False]


def test_reconnect_replaces_the_server_connections():
    with connect_client("web") as client:
        backend = "SELECT pg_backend_pid()"
        before = client.execute(backend).fetchone()
        assert pools("reconnect", "--pool", "web").startswith(
            "web: each server connection will be "
        )
        wait_until(lambda: client.execute(backend).fetchone() != before, 30, "it is another one")


def test_reload_reads_the_file_again(own_web):
    pool = replace(settings.POOLS["web"], max_client_conn=77)
    text = render_ini(pool, settings.POSTGRES["web"], host=str(own_web), folder=str(own_web))
    (own_web / "web.ini").write_text(text)
    assert pools("reload", "--pool", "web") == "web: configuration reloaded\n"
    with Console(pool) as console:
        config = {row["key"]: row["value"] for row in console.show("CONFIG")}
    assert config["max_client_conn"] == "77"


@pytest.mark.usefixtures("own_web")
def test_pauses_no_pool_if_one_is_down():
    assert run_failing("pause")[1].startswith("PgBouncer of the jobs pool does not answer on ")
    assert pools("resume", "--pool", "web") == "web: was not paused\n"


def test_resumes_one_pool_if_the_other_is_down(settings):
    site = settings.PGBOUNCER_HOST
    with run_pgbouncer(settings.POOLS["jobs"], settings.POSTGRES["jobs"]) as place:
        settings.PGBOUNCER_HOST = place["host"]
        pools("pause", "--pool", "jobs")
        output, why = run_failing("resume")
    settings.PGBOUNCER_HOST = site
    assert output == "jobs: resumed\n"
    assert why.startswith("PgBouncer of the web pool does not answer on ")
