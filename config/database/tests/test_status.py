"""`manage.py pools`: the figures."""

import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import fields, replace

import pytest
from django.conf import settings

from config.database.monitor.activity import RoleStatus
from config.database.monitor.status import PoolStatus, summarize_usage
from config.database.tests.pools import (
    connect_client,
    get_document,
    hold_connection,
    pools,
    run_failing,
)
from config.tests.processes import manage, superuser, wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "jobs"]),
    pytest.mark.usefixtures("resumed"),
]


def test_reads_figures_by_column_without_the_console():
    row = dict.fromkeys(("sv_active", "sv_active_cancel", "sv_being_canceled"), 1)
    row |= {"sv_idle": 2, "sv_used": 3, "sv_login": 4, "sv_tested": 5, "cl_waiting": 6}
    row |= {"maxwait": 7, "maxwait_us": 500_000, "cl_active": 8}
    rows = [row | {"database": "pgbouncer"}, row | {"database": "site"}]
    assert summarize_usage(
        rows, [{"list": "pools", "items": 2}, {"list": "used_clients", "items": 20}]
    ) == {
        "in_use": 3,
        "idle": 5,
        "logging_in": 9,
        "clients": 12,
        "waiting": 6,
        "longest_wait": 7.5,
    }


def test_json_has_the_documented_keys():
    seen = get_document()
    assert list(seen) == ["time", "pools", "roles", "errors", "ended", "sizes"]
    assert list(seen["pools"]) == ["web", "jobs"]
    assert [*seen["pools"]["web"], "pids"] == [field.name for field in fields(PoolStatus)]
    assert set(seen["roles"]) == {server.user for server in settings.POSTGRES.values()}
    for status in seen["roles"].values():
        assert list(status) == [field.name for field in fields(RoleStatus)]
    assert seen["errors"] == {}


def test_shows_the_caps_in_force():
    seen = get_document()["pools"]
    for name, policy in settings.POOLS.items():
        assert seen[name]["pool_size"] == policy.max_connections
        assert seen[name]["max_client_conn"] == policy.max_client_conn
        assert seen[name]["query_wait_timeout"] == policy.query_wait_timeout


def test_held_connection_is_in_use_and_not_abandoned():
    before = get_document()["pools"]["web"]
    with hold_connection("web"):
        seen = get_document()
    assert seen["pools"]["web"]["in_use"] == before["in_use"] + 1
    assert seen["pools"]["web"]["clients"] == before["clients"] + 1
    assert seen["roles"][settings.POSTGRES["web"].user]["backends"] >= 1
    assert seen["roles"][settings.POSTGRES["web"].user]["abandoned"] == 0


def abandon_backend():
    """Return the process of a backend that does not notice that its client has left."""
    client = connect_client("web")
    client.execute("BEGIN")
    client.execute("SET LOCAL client_connection_check_interval = 0")
    pid = client.execute("SELECT pg_backend_pid()").fetchone()[0]
    client.pgconn.send_query(b"SELECT pg_sleep(60)")
    with superuser() as watching:
        state = "SELECT state FROM pg_stat_activity WHERE pid = %s"
        wait_until(lambda: watching.execute(state, [pid]).fetchone() == ("active",), 30, "it runs")
    client.close()
    return pid


def test_backend_without_a_client_is_abandoned(settings):
    # With one host the command would end it.
    settings.POOLS = {name: replace(pool, hosts=2) for name, pool in settings.POOLS.items()}
    role = settings.POSTGRES["web"].user
    pid = abandon_backend()
    try:
        wait_until(lambda: get_document()["roles"][role]["abandoned"] == 1, 30, "it is abandoned")
        assert "Abandoned backends have no client" in pools()
    finally:
        with superuser() as administrator:
            administrator.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert get_document()["roles"][role]["abandoned"] == 0


def test_figures_exclude_the_commands_own_query():
    pools("reconnect", "--pool", "jobs")
    role = settings.POSTGRES["jobs"].user
    wait_until(lambda: get_document()["roles"][role]["active"] == 0, 30, "no other query runs")


def test_shows_figures_while_the_jobs_pool_is_full():
    with hold_connection("jobs"), hold_connection("jobs"):
        first, second = get_document(), get_document()
    assert (first["pools"]["jobs"]["in_use"], first["roles"]) == (2, None)
    assert first["errors"]["postgresql"].startswith("no answer in 2 s; ")
    assert second["errors"] == {"postgresql": "clients wait for the jobs pool already"}


def test_shows_figures_while_the_jobs_pool_is_paused():
    pools("pause", "--pool", "jobs")
    seen = get_document()
    assert (seen["pools"]["jobs"]["paused"], seen["pools"]["web"]["paused"]) == (True, False)
    assert seen["errors"] == {"postgresql": "the jobs pool is paused"}


@pytest.mark.usefixtures("own_web")
def test_shows_one_pool_if_the_other_is_down():
    output, why = run_failing()
    assert output.splitlines()[1].split()[2:] == ["no", "answer"]
    assert "PostgreSQL's figures are not available: the jobs pool does not answer." in output
    assert why.startswith("PgBouncer of the jobs pool does not answer on ")


def test_two_missing_pgbouncers_are_one_line(tmp_path):
    done = manage("pools", PGBOUNCER_HOST=str(tmp_path))
    output, error = done.communicate(timeout=60)
    assert (done.returncode, output, error.count("\n")) == (1, "", 1)
    assert error.count(f"does not answer on {tmp_path}") == 2


def test_rejects_options_that_do_not_match():
    assert run_failing("--pool", "web")[1] == "--pool and --timeout need an action, such as pause."
    for option in ("--json", "--watch=1"):
        assert run_failing("resume", option)[1].startswith("--json and --watch cannot be combined ")


def test_direct_mode_is_one_line(settings):
    settings.DATABASE_POOLING = "direct"
    for arguments in ((), ("pause",), ("--json",)):
        output = ("", "there is no PgBouncer: DATABASE_POOLING=direct.")
        assert run_failing(*arguments) == output


def test_watch_prints_each_document_until_interrupted():
    watching = manage("pools", "--watch", "600", "--json", PYTHONUNBUFFERED="")
    arrived, _, _ = select.select([watching.stdout], [], [], 30)
    watching.send_signal(signal.SIGINT)
    output, error = watching.communicate(timeout=30)
    assert arrived
    assert (watching.returncode, error, output.count("\n")) == (0, "", 1)
    assert json.loads(output)["errors"] == {}


def test_watch_clears_the_terminal():
    terminal, theirs = os.openpty()
    command = [sys.executable, "manage.py", "pools", "--watch", "0"]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=theirs) as watching:
        text = b""
        while text.count(b"abandoned") < 3:
            text += os.read(terminal, 4096)
        watching.send_signal(signal.SIGINT)
    for end in (terminal, theirs):
        os.close(end)
    assert watching.returncode == 0
    assert text.startswith(b"\x1b[H\x1b[2J ")
    assert text.count(b"\x1b[H\x1b[2J") == text.count(b"PgBouncer ")
