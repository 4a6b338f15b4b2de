"""Every command, Django's own included, waits for the database if told to, and says in one line
that it is out of reach."""

import os
import signal
import socket
import threading
from contextlib import closing

import pytest
from django.conf import settings
from django.core.management import ManagementUtility, get_commands
from django.db import OperationalError, connections

from config.database.backend import retry
from config.database.cli import execute, parse_wait, use_jobs_pool, wait_for_database
from config.tests.outages import led_astray
from config.tests.processes import manage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])

NEED_THE_DATABASE = [
    ["migrate"],
    ["showmigrations"],
    ["shell", "--command", "from accounts.models import User; User.objects.count()"],
    ["createsuperuser", "--no-input", "--email", "x@example.org"],
    ["changepassword", "x@example.org"],
    ["dumpdata"],
    ["flush", "--no-input"],
    ["inspectdb"],
    ["remove_stale_contenttypes", "--no-input"],
    ["seed"],
    ["seed_experts", "--dry-run"],
    ["reset_db", "--no-input"],
    ["clear_sessions"],
    ["session_function"],
    ["purge_files"],
    ["database_roles"],
    ["setup_site"],
]


@pytest.fixture
def no_restart(monkeypatch):
    """Nobody waits for a PgBouncer that might just be restarted."""
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)


@pytest.fixture
def nowhere(tmp_path, no_restart):
    """A folder in which no server listens, where all the site's connections lead."""
    entries = {alias: {"HOST": str(tmp_path)} for alias in ("default", "jobs")}
    with led_astray(**entries):
        yield tmp_path


@pytest.mark.parametrize("arguments", NEED_THE_DATABASE, ids=lambda arguments: arguments[0])
def test_out_of_reach_is_one_line_and_status_1(nowhere, capsys, arguments):
    assert execute(["manage.py", *arguments]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"{arguments[0]}: nothing listens there: ")
    assert line.count("\n") == 1


@pytest.mark.parametrize("name", sorted(get_commands()))
def test_no_command_has_an_option_of_that_name(name):
    parser = ManagementUtility().fetch_command(name).create_parser("manage.py", name)
    assert "--wait" not in parser.format_help()


def test_a_command_does_not_see_the_option():
    assert parse_wait(["manage.py", "seed", "-v", "2"]) == (0, ["manage.py", "seed", "-v", "2"])
    assert parse_wait(["manage.py", "seed", "--wait", "9", "-v", "2"]) == (
        9,
        ["manage.py", "seed", "-v", "2"],
    )
    assert parse_wait(["manage.py", "shell", "--command", "f('--wait 5')"])[0] == 0


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "86401", "٣"])
def test_a_bad_value_is_refused_clearly(nowhere, capsys, value):
    with pytest.raises(SystemExit) as caught:
        execute(["manage.py", "seed", f"--wait={value}"])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert f"{value!r} is not allowed: give a whole number of seconds from 0 to 86400" in said


def test_after_so_many_seconds_it_is_one_line(nowhere, capsys):
    assert execute(["manage.py", "showmigrations", "--wait", "1"]) == 1
    line = capsys.readouterr().err
    assert line.startswith("showmigrations: nothing listens there: ")
    assert line.count("\n") == 1


def test_a_command_waits_until_the_database_answers(nowhere, capsys):
    entry = settings.DATABASES["jobs"]
    name = f".s.PGSQL.{entry['PORT']}"
    later = threading.Timer(1, os.symlink, [f"{entry['HOST']}/{name}", nowhere / name])
    later.start()
    assert execute(["manage.py", "showmigrations", "--plan", "--wait=20"]) == 0
    later.join()
    assert "accounts.0001_initial" in capsys.readouterr().out


def test_the_command_goes_on_with_the_connection_on_which_was_waited():
    with use_jobs_pool():
        wait_for_database(5)
        raw = connections["jobs"].connection
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
        assert connections["jobs"].connection is raw


def test_a_fault_that_is_no_outage_is_not_waited_for(monkeypatch):
    with use_jobs_pool():
        monkeypatch.setattr(connections["jobs"], "probe", lambda seconds: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            wait_for_database(60)


def test_a_server_that_never_answers_is_not_waited_for_longer(no_restart):
    given_up = pytest.raises(OperationalError, match="timeout expired")
    with closing(silent()) as server, led_astray(jobs=address(server)), use_jobs_pool(), given_up:
        wait_for_database(2)


def test_control_c_ends_the_waiting():
    with closing(silent()) as server:
        place = address(server)
        host, port = place["HOST"], place["PORT"]
        process = manage(
            "showmigrations",
            "--wait=600",
            DATABASE_POOLING="direct",
            POSTGRES_URL=f"postgresql://a:b@{host}:{port}/site?sslmode=disable",
            POSTGRES_JOBS_URL="",
        )
        server.accept()[0].close()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.startswith("showmigrations: interrupted; ")
    assert said.count("\n") == 1


def silent():
    """A server that takes connections and says nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(30)
    return server


def address(server):
    host, port = server.getsockname()
    return {"HOST": host, "PORT": str(port)}
