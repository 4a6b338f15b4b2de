import psycopg
import pytest
from django.conf import settings

from config.database.dsn import Server
from config.database.render import roles
from config.database.tests.servers import connect, create_roles, make_servers
from config.tests.processes import superuser

DENIED = (
    "TRUNCATE thing",
    "DROP TABLE thing",
    "ALTER TABLE thing ADD COLUMN more text",
    "ALTER TABLE thing DISABLE TRIGGER ALL",
    "CREATE TABLE other (id int)",
    "CREATE TEMPORARY TABLE other (id int)",
    "CREATE INDEX ON thing (name)",
    "CREATE SCHEMA other",
    "CREATE VIEW other AS SELECT * FROM thing",
    "INSERT INTO django_migrations VALUES (2)",
    "UPDATE django_migrations SET id = 3",
    "DELETE FROM django_migrations",
)


@pytest.fixture(scope="module")
def servers():
    """Create a database by running the script twice, adding tables, and running it again."""
    servers = make_servers()
    with create_roles(servers) as runs:
        assert [(run.returncode, run.stderr) for run in runs] == [(0, b""), (0, b"")]
        with connect(servers["jobs"]) as jobs:
            jobs.execute("CREATE TABLE django_migrations (id int)")
            jobs.execute("INSERT INTO django_migrations VALUES (1)")
            jobs.execute("CREATE TABLE thing (id serial PRIMARY KEY, name text)")
            for grant in roles.list_row_grants(servers["web"], servers["jobs"]):
                jobs.execute(grant.statement)
        yield servers


@pytest.fixture
def web(servers):
    with connect(servers["web"]) as connection:
        yield connection


def test_web_role_reads_and_writes_rows(web):
    (key,) = web.execute("INSERT INTO thing (name) VALUES ('a') RETURNING id").fetchone()
    web.execute("UPDATE thing SET name = 'b' WHERE id = %s", [key])
    assert web.execute("SELECT name FROM thing WHERE id = %s", [key]).fetchone() == ("b",)
    assert web.execute("DELETE FROM thing WHERE id = %s", [key]).rowcount == 1


def test_web_role_writes_to_new_tables(servers, web):
    with connect(servers["jobs"]) as jobs:
        jobs.execute("CREATE TABLE later (id serial, name text)")
        web.execute("INSERT INTO later (name) VALUES ('a')")
        web.execute("DELETE FROM later")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("TRUNCATE later")
        jobs.execute("DROP TABLE later")


def test_web_role_reads_the_list_of_migrations(web):
    assert web.execute("SELECT id FROM django_migrations").fetchall() == [(1,)]


@pytest.mark.parametrize("statement", DENIED)
def test_web_role_is_denied_everything_else(web, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(statement)


def test_jobs_role_owns_the_database_and_its_tables(servers):
    with connect(servers["jobs"]) as jobs:
        jobs.execute("TRUNCATE thing")
        jobs.execute("ALTER TABLE thing ADD COLUMN more text")
        jobs.execute("ALTER TABLE thing DROP COLUMN more")
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        assert jobs.execute(owner).fetchone() == (servers["jobs"].user,)


def test_each_role_has_its_connection_limit(servers):
    with superuser() as connection:
        limits = dict(connection.execute("SELECT rolname, rolconnlimit FROM pg_roles").fetchall())
    assert limits[servers["web"].user] == settings.POOLS["web"].count_backends()
    assert limits[servers["jobs"].user] == settings.POOLS["jobs"].count_backends()


def test_other_roles_cannot_connect(servers):
    with superuser() as connection:
        allowed = connection.execute(
            "SELECT count(*) FROM pg_database, aclexplode(datacl) "
            "WHERE datname = %s AND grantee = 0",
            [servers["jobs"].dbname],
        )
        assert allowed.fetchone() == (0,)


def test_shared_role_has_the_sum_of_the_limits():
    one = make_servers()["jobs"]
    limits = roles.get_connection_limits(settings.POOLS, {"web": one, "jobs": one})
    assert limits == {one.user: sum(p.count_backends() for p in settings.POOLS.values())}


def test_shared_role_is_created_once_and_keeps_all_rights():
    one = make_servers()["jobs"]
    script = roles.render_script(settings.POOLS, {"web": one, "jobs": one})
    assert script.count("CREATE ROLE") == 1
    assert "DEFAULT PRIVILEGES" not in script
    assert roles.list_row_grants(one, one) == []


def test_keeps_the_roles_password_without_one_in_the_url():
    server = Server(host="h", port=1, dbname="d", user="u", sslmode="disable")
    script = roles.render_script(settings.POOLS, {"web": server, "jobs": server})
    assert 'ALTER ROLE "u" LOGIN;' in script
    assert "ALTER ROLE \"u\" SET join_collapse_limit = '1';" in script
    assert "ALTER ROLE \"u\" SET enable_mergejoin = 'off';" in script
