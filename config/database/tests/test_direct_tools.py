"""dbshell and backup go around the pools, with a role and a limit of their own.

dumpdata and loaddata need not: like every command of Django's they leave a session as it was.
"""

import pytest
from django.conf import settings

from config.database.tests.servers import connect
from config.tests.processes import manage, superuser

ADMIN = settings.POSTGRES_ADMIN


def told(*arguments):
    process = manage(*arguments)
    said, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint
    return said


def test_the_shell_is_on_the_server_itself_and_acts_as_the_owner():
    query = "SELECT session_user, current_user, current_setting('application_name')"
    said = told("dbshell", "--", "-XAtc", query)
    assert said.strip() == f"{ADMIN.user}|{settings.POSTGRES['jobs'].user}|psql"


def test_a_backup_has_the_tables(tmp_path):
    assert told("backup", str(tmp_path / "dump")) == f"{tmp_path / 'dump'}: written\n"
    assert (tmp_path / "dump").read_bytes()[:5] == b"PGDMP"
    assert b"accounts_user" in (tmp_path / "dump").read_bytes()


LEFT_BEHIND = """
    SELECT ARRAY(SELECT name || '=' || setting FROM pg_settings WHERE source = 'session'
                 ORDER BY name),
           ARRAY(SELECT locktype || coalesce(classid, 0) FROM pg_locks
                 WHERE pid = pg_backend_pid() AND locktype = 'advisory'),
           (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
           pg_my_temp_schema()
"""


def left_behind():
    """What a session of the jobs pool has of its earlier clients."""
    entry = settings.DATABASES["jobs"]
    place = {"host": entry["HOST"], "port": entry["PORT"], "dbname": entry["NAME"]}
    with connect(settings.POSTGRES["jobs"], **place) as client:
        return client.execute(LEFT_BEHIND).fetchone()


@pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
def test_dumpdata_and_loaddata_leave_nothing_in_the_sessions_of_their_pool(tmp_path):
    before = left_behind()
    told("dumpdata", "onboarding", "auth", "--output", str(tmp_path / "all.json"))
    told("loaddata", str(tmp_path / "all.json"))
    assert left_behind() == before


def test_what_fails_in_it_is_the_commands_status():
    process = manage("dbshell", "--", "-Xc", "SELECT nothing")
    assert "nothing" in process.communicate(timeout=60)[1]
    assert process.returncode == 1


def test_its_role_has_a_limit_and_the_owners_rights():
    with superuser() as connection:
        query = "SELECT rolconnlimit FROM pg_roles WHERE rolname = %s"
        assert connection.execute(query, [ADMIN.user]).fetchone() == (2,)
    with connect(ADMIN) as connection:
        connection.execute("CREATE TABLE made_by_admin (id int)")
        connection.execute("DROP TABLE made_by_admin")


def test_no_role_of_the_site_connects_to_another_database():
    with superuser() as connection:
        query = """SELECT count(*) FROM pg_database, pg_roles WHERE rolname = ANY(%s)
            AND datname IN ('postgres', 'template1') AND
            has_database_privilege(pg_roles.oid, pg_database.oid, 'CONNECT')"""
        names = [ADMIN.user, *(server.user for server in settings.POSTGRES.values())]
        assert connection.execute(query, [names]).fetchone() == (0,)
