import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.core.management import ManagementUtility
from django.core.management.base import SystemCheckError
from django.db import (
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)

from config.database.backend.health import get_settings_alias
from config.database.cli import execute, use_jobs_pool
from config.database.tests.servers import connect, get_place, run_pgbouncer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def get_pool(alias="default"):
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_setting('application_name')")
        return cursor.fetchone()[0]


def test_every_alias_uses_the_jobs_pool():
    with use_jobs_pool():
        assert get_pool() == get_pool("jobs") == "ai4ceo jobs"
        assert connections["jobs"].connection is connections["default"].connection


def test_each_alias_keeps_its_name():
    with use_jobs_pool():
        assert connection.alias == "default"
        assert {alias: connections[alias].alias for alias in ("default", "jobs")} == {
            "default": "default",
            "jobs": "jobs",
        }


def test_alias_works_with_managers():
    permission = Permission.objects.select_related("content_type").first()
    with use_jobs_pool():
        named = ContentType.objects.using(connection.alias)
        made = Permission(codename="x", name="x", content_type=named.first())
        made.content_type = ContentType.objects.first()
        permission.content_type = named.get(pk=permission.content_type_id)
        assert Permission.objects.filter(content_type__in=named.all()).exists()
        assert named.filter(permission__in=Permission.objects.using("default")).exists()


def test_threads_of_a_command_use_the_jobs_pool():
    def query_pool():
        try:
            return get_pool(), connection.alias
        finally:
            connections.close_all()

    with use_jobs_pool(), ThreadPoolExecutor(1) as thread:
        assert thread.submit(query_pool).result(10) == ("ai4ceo jobs", "default")


def test_runserver_uses_the_web_pool(monkeypatch):
    monkeypatch.setattr(ManagementUtility, "execute", lambda commands: seen.append(get_pool()))
    seen = []
    assert execute(["manage.py", "runserver"]) == 0
    assert execute(["manage.py", "seed"]) == 0
    assert seen == ["ai4ceo web", "ai4ceo jobs"]


def test_settings_keep_both_pools():
    before = dict(settings.DATABASES)
    with use_jobs_pool():
        assert before == settings.DATABASES
        assert get_settings_alias(connections["default"]) == "jobs"
    assert connections.settings["default"] is before["default"]


def test_named_alias_uses_the_jobs_pool():
    with use_jobs_pool(), connections["jobs"].execute_wrapper(refuse):
        for queryset in (ContentType.objects.all(), ContentType.objects.using("default")):
            with pytest.raises(UsedError):
                queryset.count()


class UsedError(Exception):
    pass


def refuse(execute, sql, params, many, context):
    raise UsedError(sql)


@pytest.mark.parametrize("using", [None, "default", "jobs"])
def test_transaction_uses_the_jobs_pool(using):
    with use_jobs_pool(), transaction.atomic(using=using):
        assert connections["jobs"].in_atomic_block
        assert connection.in_atomic_block
    assert not connection.in_atomic_block


def test_restores_the_web_pool_and_closes_the_jobs_connection():
    web = connections["default"]
    with use_jobs_pool():
        get_pool()
    assert connections["default"] is web
    assert connections["jobs"].connection is None
    assert get_pool() == "ai4ceo web"


def test_restores_the_web_pool_after_an_error():
    web = connections["default"]
    with pytest.raises(ZeroDivisionError), use_jobs_pool():
        raise ZeroDivisionError
    assert connections["default"] is web


def make_command_fail(monkeypatch, error):
    def fail(commands):
        raise error

    monkeypatch.setattr(ManagementUtility, "execute", fail)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OperationalError("FATAL:  x\n  y"), "seed: FATAL: x y\n"),
        (
            InterfaceError("connection already closed"),
            "seed: the connection was lost: check that PostgreSQL and PgBouncer run, then try "
            "again. (connection already closed)\n",
        ),
        (ImproperlyConfigured("X is not set"), "seed: X is not set\n"),
        (
            KeyboardInterrupt(),
            "seed: interrupted; any open transaction was rolled back.\n",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_error_is_one_line_and_status_1(monkeypatch, capsys, error, line):
    make_command_fail(monkeypatch, error)
    assert execute(["manage.py", "seed"]) == 1
    assert capsys.readouterr().err == line


def test_traceback_option_raises(monkeypatch):
    make_command_fail(monkeypatch, OperationalError("FATAL"))
    with pytest.raises(OperationalError):
        execute(["manage.py", "seed", "--traceback"])


def test_other_exceptions_are_raised(monkeypatch):
    make_command_fail(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        execute(["manage.py", "seed"])


def test_other_broken_pipes_are_raised(monkeypatch):
    make_command_fail(monkeypatch, BrokenPipeError())
    with pytest.raises(BrokenPipeError):
        execute(["manage.py", "seed"])


def make_command_run(monkeypatch, statement):
    def run(commands):
        with connections["default"].cursor() as cursor:
            cursor.execute(statement)

    monkeypatch.setattr(ManagementUtility, "execute", run)


def test_missing_table_is_one_line(monkeypatch, capsys):
    make_command_run(monkeypatch, "SELECT 1 FROM never_made")
    assert execute(["manage.py", "seed"]) == 1
    line = capsys.readouterr().err
    assert line.startswith("seed: the database is not up to date: run `manage.py migrate`. (")
    assert line.count("\n") == 1


def test_syntax_error_is_raised(monkeypatch):
    make_command_run(monkeypatch, "SELEKT 1")
    with pytest.raises(ProgrammingError):
        execute(["manage.py", "seed"])


def test_success_is_status_0(monkeypatch):
    monkeypatch.setattr(ManagementUtility, "execute", lambda commands: None)
    assert execute(["manage.py"]) == 0


def manage(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


# The first writes its output when it ends, the second line by line.
@pytest.mark.parametrize("command", ["help", "doctor"])
def test_ends_quietly_if_the_reader_of_its_output_has_gone(command):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def make_url(password="x", user="nobody", host="/nowhere", dbname="site", port=5432):
    return f"postgresql://{user}:{password}@/{dbname}?host={host}&port={port}"


@pytest.mark.parametrize("pooling", ["direct", "pgbouncer"])
def test_missing_server_is_one_line(tmp_path, pooling):
    done = manage(
        "showmigrations",
        DATABASE_POOLING=pooling,
        PGBOUNCER_HOST=str(tmp_path),
        POSTGRES_URL=make_url(host=tmp_path),
        POSTGRES_JOBS_URL="",
    )
    assert done.returncode == 1
    assert done.stderr.startswith("showmigrations: nothing listens there: start the site with ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("pooling", sorted({"direct", settings.DATABASE_POOLING}))
def test_wrong_password_is_one_line(pooling):
    server = settings.POSTGRES["jobs"]
    user, dbname = quote(server.user, safe=""), quote(server.dbname, safe="")
    wrong = make_url("not-the-password", user, server.host, dbname, server.port)
    done = manage("migrate", DATABASE_POOLING=pooling, POSTGRES_URL=wrong, POSTGRES_JOBS_URL="")
    assert done.returncode == 1
    assert done.stderr.startswith("migrate: the role or its password was rejected: correct ")
    assert done.stderr.count("\n") == 1


def test_full_pool_is_one_line():
    server = settings.POSTGRES["jobs"]
    policy = replace(settings.POOLS["jobs"], max_connections=1, query_wait_timeout=1)
    with run_pgbouncer(policy, server) as place, connect(server, **get_place(place)) as holder:
        holder.execute("BEGIN")
        holder.execute("SELECT 1")
        done = manage("showmigrations", PGBOUNCER_HOST=place["host"])
    assert done.returncode == 1
    assert done.stderr.startswith(
        "showmigrations: no connection became free in time: either the pool is full"
    )
    assert done.stderr.count("\n") == 1


def test_missing_variable_is_one_line():
    done = manage("check", POSTGRES_URL="", POSTGRES_JOBS_URL="")
    assert done.returncode == 1
    assert done.stderr == (
        "check: POSTGRES_URL is not set: give its URL, or run deploy/up for a private one.\n"
    )


def test_a_failed_check_is_printed_as_django_prints_it(monkeypatch, capsys):
    def fail(commands):
        raise SystemCheckError("SystemCheckError: System check identified some issues:")

    monkeypatch.setattr(ManagementUtility, "execute", fail)
    assert execute(["manage.py", "check"]) == 1
    assert capsys.readouterr().err == "SystemCheckError: System check identified some issues:\n"
