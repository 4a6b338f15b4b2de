"""dbshell and backup run outside the pools, with their own role and limit.

dumpdata and loaddata can use a pool: like all of Django's commands they leave no session state.
"""

from contextlib import ExitStack

import pytest
from django.conf import settings
from django.core.management import CommandError

from config.database.direct import PgDump, run_program
from config.database.monitor.console import Console
from config.database.tests.servers import connect
from config.tests.processes import manage, superuser

ADMIN = settings.POSTGRES_ADMIN


def run(*arguments):
    process = manage(*arguments)
    output, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    return output


def test_dbshell_connects_directly_as_the_owner():
    query = "SELECT session_user, current_user, current_setting('application_name')"
    output = run("dbshell", "--", "-XAtc", query)
    assert output.strip() == f"{ADMIN.user}|{settings.POSTGRES['jobs'].user}|psql"


def test_backup_has_the_tables(tmp_path):
    assert run("backup", str(tmp_path / "dump")) == f"{tmp_path / 'dump'}: written\n"
    assert (tmp_path / "dump").read_bytes()[:5] == b"PGDMP"
    assert b"accounts_user" in (tmp_path / "dump").read_bytes()


SESSION_STATE = """
    SELECT ARRAY(SELECT name || '=' || setting FROM pg_settings
                 WHERE source = 'session' AND name <> 'application_name' ORDER BY name),
           ARRAY(SELECT locktype || coalesce(classid, 0) FROM pg_locks
                 WHERE pid = pg_backend_pid() AND locktype = 'advisory'),
           (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
           pg_my_temp_schema()
"""


def list_session_states():
    """Return the state of each server connection of the jobs pool."""
    entry = settings.DATABASES["jobs"]
    place = {"host": entry["HOST"], "port": entry["PORT"], "dbname": entry["NAME"]}
    with ExitStack() as stack:
        clients = [
            stack.enter_context(connect(settings.POSTGRES["jobs"], **place))
            for _ in range(settings.POOLS["jobs"].max_connections)
        ]
        for client in clients:
            client.execute("BEGIN")
        return [client.execute(SESSION_STATE).fetchone() for client in clients]


def reconnect():
    """Replace the server connections, on which other tests may have had temporary tables."""
    with Console(settings.POOLS["jobs"]) as console:
        console.run("RECONNECT")


@pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
def test_dumpdata_and_loaddata_leave_no_session_state(tmp_path):
    reconnect()
    before = list_session_states()
    run("dumpdata", "onboarding", "auth", "--output", str(tmp_path / "all.json"))
    run("loaddata", str(tmp_path / "all.json"))
    assert list_session_states() == before


def test_missing_program_is_one_clear_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="pg_dump is missing: install PostgreSQL's client"):
        run_program(PgDump, [])


def test_dbshell_returns_psqls_status():
    process = manage("dbshell", "--", "-Xc", "SELECT nothing")
    assert "nothing" in process.communicate(timeout=60)[1]
    assert process.returncode == 1


def test_role_has_a_limit_and_the_owners_rights():
    with superuser() as connection:
        query = "SELECT rolconnlimit FROM pg_roles WHERE rolname = %s"
        assert connection.execute(query, [ADMIN.user]).fetchone() == (2,)
    with connect(ADMIN) as connection:
        connection.execute("CREATE TABLE made_by_admin (id int)")
        connection.execute("DROP TABLE made_by_admin")


def test_roles_cannot_connect_to_other_databases():
    with superuser() as connection:
        query = """SELECT count(*) FROM pg_database, pg_roles WHERE rolname = ANY(%s)
            AND datname IN ('postgres', 'template1') AND
            has_database_privilege(pg_roles.oid, pg_database.oid, 'CONNECT')"""
        names = [ADMIN.user, *(server.user for server in settings.POSTGRES.values())]
        assert connection.execute(query, [names]).fetchone() == (0,)
