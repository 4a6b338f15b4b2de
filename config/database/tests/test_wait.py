"""`--wait` works for every command; an unreachable database is a one-line error."""

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
from config.tests.outages import redirect_connections
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
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)


@pytest.fixture
def nowhere(tmp_path, no_restart):
    """Point all connections at an empty directory."""
    entries = {alias: {"HOST": str(tmp_path)} for alias in ("default", "jobs")}
    with redirect_connections(**entries):
        yield tmp_path


@pytest.mark.parametrize("arguments", NEED_THE_DATABASE, ids=lambda arguments: arguments[0])
def test_unreachable_database_is_one_line_and_status_1(nowhere, capsys, arguments):
    assert execute(["manage.py", *arguments]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"{arguments[0]}: nothing listens there: ")
    assert line.count("\n") == 1


@pytest.mark.parametrize("name", sorted(get_commands()))
def test_no_command_has_its_own_wait_option(name):
    parser = ManagementUtility().fetch_command(name).create_parser("manage.py", name)
    assert "--wait" not in parser.format_help()


def test_removes_the_option():
    assert parse_wait(["manage.py", "seed", "-v", "2"]) == (0, ["manage.py", "seed", "-v", "2"])
    assert parse_wait(["manage.py", "seed", "--wait", "9", "-v", "2"]) == (
        9,
        ["manage.py", "seed", "-v", "2"],
    )
    assert parse_wait(["manage.py", "shell", "--command", "f('--wait 5')"])[0] == 0


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "86401", "٣"])
def test_rejects_bad_values(nowhere, capsys, value):
    with pytest.raises(SystemExit) as caught:
        execute(["manage.py", "seed", f"--wait={value}"])
    assert caught.value.code == 2
    output = capsys.readouterr().err
    assert f"{value!r} is not allowed: give a whole number of seconds from 0 to 86400" in output


def test_timeout_is_one_line(nowhere, capsys):
    assert execute(["manage.py", "showmigrations", "--wait", "1"]) == 1
    line = capsys.readouterr().err
    assert line.startswith("showmigrations: nothing listens there: ")
    assert line.count("\n") == 1


def test_waits_until_the_database_answers(nowhere, capsys):
    entry = settings.DATABASES["jobs"]
    name = f".s.PGSQL.{entry['PORT']}"
    later = threading.Timer(1, os.symlink, [f"{entry['HOST']}/{name}", nowhere / name])
    later.start()
    assert execute(["manage.py", "showmigrations", "--plan", "--wait=20"]) == 0
    later.join()
    assert "accounts.0001_initial" in capsys.readouterr().out


def test_waits_without_a_warning():
    process = manage("showmigrations", "--wait=20")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "accounts" in output


def test_command_reuses_the_connection():
    with use_jobs_pool():
        wait_for_database(5)
        raw = connections["jobs"].connection
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
        assert connections["jobs"].connection is raw


def test_does_not_wait_after_other_errors(monkeypatch):
    with use_jobs_pool():
        monkeypatch.setattr(connections["jobs"], "probe", lambda seconds: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            wait_for_database(60)


def test_silent_server_ends_the_wait_in_time(no_restart):
    given_up = pytest.raises(OperationalError, match="timeout expired")
    with (
        closing(start_silent_server()) as server,
        redirect_connections(jobs=get_place(server)),
        use_jobs_pool(),
        given_up,
    ):
        wait_for_database(2)


def test_control_c_ends_the_wait():
    with closing(start_silent_server()) as server:
        place = get_place(server)
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
        _, output = process.communicate(timeout=30)
    assert process.returncode == 1
    assert output.startswith("showmigrations: interrupted; ")
    assert output.count("\n") == 1


def start_silent_server():
    """Return a server that accepts connections and sends nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(30)
    return server


def get_place(server):
    host, port = server.getsockname()
    return {"HOST": host, "PORT": str(port)}
