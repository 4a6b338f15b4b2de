from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.utils import ConnectionHandler

from config.database.cli import use_jobs_pool
from config.database.render import roles
from config.database.render.django import render_database
from config.database.tests.servers import connect, connect_superuser, create_roles, make_servers

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def run(*arguments):
    out = StringIO()
    with use_jobs_pool():
        call_command("database_roles", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def servers(settings):
    """Create two roles by the script; commands act as the jobs role."""
    servers = make_servers()
    pool = settings.POOLS["jobs"]
    with create_roles(servers):
        settings.POSTGRES, settings.POSTGRES_ADMIN = servers, None
        entry = render_database(pool, servers["jobs"], pooling="direct", pgbouncer_host="")
        theirs = ConnectionHandler({"default": entry}).create_connection("default")
        site, connections["jobs"] = connections["jobs"], theirs
        yield servers
        connections["jobs"] = site


def administer(servers, statement):
    with connect_superuser(servers["jobs"]) as connection:
        connection.execute(statement)


def test_script_follows_the_policy(settings):
    script = roles.render_script(
        settings.POOLS,
        settings.POSTGRES,
        settings.POSTGRES_ADMIN,
        settings.POSTGRES_MONITOR,
    )
    assert run("--sql") == script


def test_jobs_role_grants_the_web_role_its_rights(servers):
    with connect(servers["jobs"]) as jobs:
        jobs.execute("CREATE TABLE thing (id int)")
        jobs.execute(f"REVOKE ALL ON thing FROM {roles.quote_identifier(servers['web'].user)}")
    assert {line.rpartition(": ")[2] for line in run().splitlines()} == {"done"}
    with connect(servers["web"]) as web:
        assert web.execute("INSERT INTO thing VALUES (1)").rowcount == 1


def test_is_idempotent(servers):
    assert run() == run()


def test_names_a_limit_that_only_an_administrator_may_set(servers):
    role = roles.quote_identifier(servers["web"].user)
    administer(servers, f"ALTER ROLE {role} CONNECTION LIMIT 3")
    first = run().splitlines()[0]
    assert first == (
        f"{servers['web'].user} has no more than 22 connections: unchanged, "
        f"ask an administrator to run: ALTER ROLE {role} CONNECTION LIMIT 22;"
    )


def test_names_rights_that_were_not_granted(servers):
    database, role = (
        roles.quote_identifier(getattr(servers["jobs"], part)) for part in ("dbname", "user")
    )
    administer(servers, f"ALTER DATABASE {database} OWNER TO postgres")
    administer(servers, f"GRANT CONNECT ON DATABASE {database} TO {role}")
    left = [line for line in run().splitlines() if "unchanged" in line]
    assert [line.partition(":")[0] for line in left] == [
        "only these roles connect and create temporary tables",
        "both roles connect",
        "the jobs role creates temporary tables",
        "only the owner creates tables",
        "the web role sees the schema",
    ]


def test_one_role_needs_only_its_limit(servers, settings):
    settings.POSTGRES = {"web": servers["jobs"], "jobs": servers["jobs"]}
    assert run() == (
        f"{servers['jobs'].user} has no more than 28 connections: unchanged, "
        f'ask an administrator to run: ALTER ROLE "{servers["jobs"].user}" CONNECTION LIMIT 28;\n'
    )
