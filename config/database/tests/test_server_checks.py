from dataclasses import replace

import pytest
from django.conf import settings as django_settings

from config.database.checks.servers import (
    ServerFacts,
    check_pool,
    check_server,
    check_servers,
    get_facts,
)
from config.database.cli import use_jobs_pool
from config.database.dsn import parse_server_url
from config.database.policy import JOBS, WEB
from config.database.render.django import render_database
from config.database.tests.servers import connect, create_roles, make_servers

both = pytest.mark.django_db(databases=["default", "jobs"])

ANN = parse_server_url("POSTGRES_URL", "postgresql://ann:x@h/site")
BOB = parse_server_url("POSTGRES_JOBS_URL", "postgresql://bob:x@h/site")
FACTS = ServerFacts(
    version=150000,
    max_connections=35,
    reserved=3,
    role="ann",
    role_limit=-1,
    is_superuser=False,
    alters_tables=False,
    settings={
        "statement_timeout": "15000",
        "idle_in_transaction_session_timeout": "15000",
        "client_connection_check_interval": "100",
    },
    has_slot=True,
)


@pytest.fixture
def shipped(settings):
    settings.POOLS = {"web": WEB, "jobs": JOBS}
    settings.POSTGRES = {"web": ANN, "jobs": BOB}
    settings.POSTGRES_ADMIN = replace(BOB, user="cyd")
    settings.DATABASE_POOLING = "pgbouncer"


def list_messages(name="web", **changes):
    facts = replace(FACTS, **changes)
    return [*check_server(facts, ANN), *check_pool(facts, name)]


@pytest.mark.usefixtures("shipped")
def test_accepts_a_server_with_just_enough_connections():
    assert list_messages() == []


@pytest.mark.usefixtures("shipped")
def test_finds_an_old_server():
    (message,) = list_messages(version=130012)
    assert message.id == "pool.E101"
    assert message.msg.startswith("PostgreSQL 13 cannot")
    assert list_messages(version=140000) == []


@pytest.mark.usefixtures("shipped")
def test_finds_a_server_without_enough_connections():
    (message,) = list_messages(max_connections=37, reserved=6)
    assert message.id == "pool.E102"
    assert "may open 32 connections, but the server has only 31" in message.msg
    assert message.hint.startswith("ALTER SYSTEM SET max_connections = 38;")


@pytest.mark.usefixtures("shipped")
def test_each_host_needs_connections(settings):
    settings.POOLS = {
        "web": replace(WEB, budget=40, hosts=10),
        "jobs": replace(JOBS, budget=10, hosts=10),
    }
    # 140 of the pools, 2 of the tools, 20 of the exporters, 3 reserved
    assert [message.id for message in list_messages(max_connections=164)] == ["pool.E102"]
    assert list_messages(max_connections=165) == []


@pytest.mark.usefixtures("shipped")
def test_ignores_pools_on_another_server(settings):
    settings.POSTGRES = {"web": ANN, "jobs": replace(BOB, port=5433)}
    assert list_messages(max_connections=29) == []
    assert [message.id for message in list_messages(max_connections=28)] == ["pool.E102"]


@pytest.mark.usefixtures("shipped")
def test_finds_too_low_a_role_limit(settings):
    (message,) = list_messages(role_limit=21)
    assert message.id == "pool.E103"
    assert message.hint == 'ALTER ROLE "ann" CONNECTION LIMIT 22;'
    assert list_messages(role_limit=22) == []
    settings.POSTGRES = {"web": ANN, "jobs": ANN}
    (message,) = list_messages(role_limit=27)
    assert message.hint == 'ALTER ROLE "ann" CONNECTION LIMIT 28;'


@pytest.mark.usefixtures("shipped")
def test_superuser_has_no_limit():
    assert list_messages(role_limit=1, is_superuser=True) == []


@pytest.mark.usefixtures("shipped")
def test_finds_a_web_role_that_may_alter_tables(settings):
    (message,) = list_messages(alters_tables=True)
    assert message.id == "pool.W101"
    assert message.hint.startswith("manage.py database_roles --sql | psql")
    settings.POSTGRES = {"web": ANN, "jobs": ANN}
    assert list_messages(alters_tables=True) == []


@pytest.mark.usefixtures("shipped")
def test_finds_settings_that_are_not_in_force():
    wrong = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "15000"}
    (message,) = list_messages(settings=wrong)
    assert message.id == "pool.E104"
    assert message.msg.endswith(": statement_timeout, client_connection_check_interval.")
    assert message.hint.startswith("manage.py pgbouncer_config --write")


@pytest.mark.usefixtures("shipped")
def test_finds_a_connection_without_a_slot():
    (message,) = list_messages(has_slot=False)
    assert message.id == "pool.E105"
    assert message.obj == "DATABASES['default']"
    assert message.hint.startswith("manage.py pgbouncer_config --write, then restart PgBouncer")


@pytest.mark.usefixtures("shipped")
def test_needs_no_slot_without_pgbouncer(settings):
    settings.DATABASE_POOLING = "direct"
    assert list_messages(has_slot=False) == []


@pytest.mark.usefixtures("shipped")
def test_each_pool_has_its_own_settings():
    (message,) = list_messages("jobs")
    assert message.msg.endswith(": statement_timeout.")


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"slots_are_open": True}, "pool.W102"),
        ({"other_databases": ("postgres",)}, "pool.W103"),
        ({"defaults": ("search_path=public", "work_mem=64kB")}, "pool.W104"),
        ({"defaults": ("default_transaction_read_only=on",)}, "pool.W104"),
    ],
)
def test_finds_excessive_rights_of_the_web_role(changes, expected):
    (message,) = list_messages(**changes)
    assert message.id == expected
    assert (
        list_messages("jobs", **changes | {"settings": FACTS.settings | {"statement_timeout": "0"}})
        == []
    )


@both
def test_running_site_passes():
    assert check_servers(None, databases=["default", "jobs"]) == []


@both
def test_compares_the_servers_settings(settings):
    settings.POOLS = settings.POOLS | {"web": replace(settings.POOLS["web"], statement_timeout=99)}
    assert [m.id for m in check_servers(None, databases=["default", "jobs"])] == ["pool.E104"]
    assert check_servers(None, databases=["jobs"]) == []


@both
def test_finds_a_connection_that_bypasses_pgbouncer(settings, monkeypatch):
    web = settings.POOLS["web"]
    entry = render_database(web, settings.POSTGRES["web"], pooling="direct", pgbouncer_host="")
    monkeypatch.setattr(django_settings, "DATABASES", settings.DATABASES | {"default": entry})
    settings.DATABASE_POOLING = "pgbouncer"
    assert [message.id for message in check_servers(None, databases=["default"])] == ["pool.E105"]


@pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
def test_checks_the_web_pool_from_a_command(settings):
    with use_jobs_pool():
        facts = get_facts(settings.POOLS["web"])
    assert facts.role == settings.POSTGRES["web"].user
    wanted = str(settings.POOLS["web"].statement_timeout * 1000)
    assert facts.settings["statement_timeout"] == wanted


@pytest.mark.parametrize("databases", [None, [], ["other"]])
def test_queries_only_named_aliases(databases):
    assert check_servers(None, databases=databases) == []


@both
def test_reads_the_rights_of_both_roles(settings, monkeypatch):
    servers, pools = make_servers(), settings.POOLS
    entries = {
        pools[name].alias: render_database(pools[name], server, pooling="direct", pgbouncer_host="")
        for name, server in servers.items()
    }
    monkeypatch.setattr(django_settings, "DATABASES", entries)
    with create_roles(servers):
        with connect(servers["jobs"]) as connection:
            connection.execute("CREATE TABLE thing (id int)")
        web, jobs = get_facts(pools["web"]), get_facts(pools["jobs"])
    assert (web.role, web.role_limit, web.alters_tables) == (servers["web"].user, 22, False)
    assert (jobs.role, jobs.role_limit, jobs.alters_tables) == (servers["jobs"].user, 6, True)
