"""Both PgBouncer processes have taken every number of the policy from their files."""

import re
import select
from dataclasses import fields, replace
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from config.database.dsn import parse_server_url
from config.database.monitor.console import Console
from config.database.render.django import get_entry_name, get_session_settings
from config.database.render.pgbouncer import render_ini
from config.database.tests.servers import connect, own_servers, pooler, roles_on, where
from config.tests.processes import free_port

pytestmark = [
    pytest.mark.django_db(databases=["default", "jobs"]),
]
POOLS = pytest.mark.parametrize("name", ["web", "jobs"])

# PgBouncer's name of a number, and the policy's.
CONFIG = {
    "default_pool_size": "max_connections",
    "max_db_connections": "max_connections",
    "max_user_connections": "max_connections",
    "server_idle_timeout": "idle_timeout",
    "server_lifetime": "max_lifetime",
    "server_connect_timeout": "connect_timeout",
    "query_wait_timeout": "query_wait_timeout",
    "max_client_conn": "max_client_conn",
    "listen_port": "listen_port",
}
ENTRY = {"pool_size": "max_connections", "max_connections": "max_connections"}
SESSION = {
    "statement_timeout": "statement_timeout",
    "idle_in_transaction_session_timeout": "idle_in_transaction_timeout",
    "client_connection_check_interval": "client_check_interval",
}


def test_every_number_of_the_policy_is_read_back_below():
    numbers = {knob.name for knob in fields(settings.POOLS["web"]) if knob.metadata}
    assert numbers == {*CONFIG.values(), *ENTRY.values(), *SESSION.values()}


@POOLS
def test_the_process_has_the_numbers_of_its_pool(name):
    pool = settings.POOLS[name]
    with Console(pool) as console:
        found = {row["key"]: row["value"] for row in console.show("CONFIG")}
    expected = {key: str(getattr(pool, number)) for key, number in CONFIG.items()}
    assert {key: found[key] for key in CONFIG} == expected


@POOLS
def test_the_process_has_every_other_setting_of_its_file(name):
    pool, server, host = settings.POOLS[name], settings.POSTGRES[name], settings.PGBOUNCER_HOST
    folder = str(settings.PGBOUNCER_DIR)
    text = render_ini(pool, server, host=host, folder=folder, replicas=settings.REPLICAS)
    with Console(pool) as console:
        found = {row["key"]: row["value"] for row in console.show("CONFIG")}
    expected = dict(re.findall(r"^(\w+) = (.*)$", text.split("[pgbouncer]")[1], re.MULTILINE))
    del expected["unix_socket_mode"]  # the console shows it in decimals
    assert {key: found[key] for key in expected} == expected


@POOLS
def test_only_its_owner_may_use_its_socket(name):
    socket = Path(settings.PGBOUNCER_HOST, f".s.PGSQL.{settings.POOLS[name].listen_port}")
    assert socket.stat().st_mode & 0o777 == 0o700


@POOLS
def test_its_database_is_capped(name):
    pool, server = settings.POOLS[name], settings.POSTGRES[name]
    with Console(pool) as console:
        entries = {row["name"]: row for row in console.show("DATABASES")}
    entry = entries[get_entry_name(pool, server)]
    assert set(entries) == {"pgbouncer", entry["name"]}
    assert (entry["database"], entry["host"]) == (server.dbname, server.host)
    for column, number in ENTRY.items():
        assert entry[column] == getattr(pool, number)
    assert entry.get("reserve_pool", entry.get("reserve_pool_size")) == 0


@POOLS
def test_its_server_connections_have_the_policys_settings(name):
    pool = settings.POOLS[name]
    query = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
    with connections[pool.alias].cursor() as cursor:
        cursor.execute(query, [list(SESSION)])
        found = dict(cursor.fetchall())
    units = {key: 1 if field == "client_check_interval" else 1000 for key, field in SESSION.items()}
    assert found == {key: str(getattr(pool, SESSION[key]) * units[key]) for key in SESSION}
    assert found == get_session_settings(pool)


@POOLS
def test_the_pool_shares_connections_by_transaction(name):
    with connections[settings.POOLS[name].alias].cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (settings.POSTGRES[name].user,)
    with Console(settings.POOLS[name]) as console:
        rows = [row for row in console.show("POOLS") if row["database"] != "pgbouncer"]
    assert [row["pool_mode"] for row in rows] == ["transaction"]


def complaints(log):
    return [line for line in log.splitlines() if re.search(r" (WARNING|ERROR|FATAL) ", line)]


@POOLS
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:x@127.0.0.1/site",
        "postgresql://ann:x@db.example:6000/My-Site.v2?sslmode=require",
        "postgresql://ann:x@[::1]/site?sslmode=disable",
        "postgresql://ann:x@/my%20d%27b%22?host=/run/my%20server",
        "postgresql://a%22n:p%20%22%25%3B%23%27%5C%C3%BC@/s%C3%BC%3D?host=/run",
        "postgresql://ann:x@h/pgbouncer",
    ],
)
def test_the_file_is_accepted_without_a_warning(name, url):
    with pooler(settings.POOLS[name], parse_server_url("POSTGRES_URL", url)) as said:
        pass
    assert complaints(said["log"]) == []
    assert " process up: " in said["log"]


def test_the_file_is_accepted_for_tcp_without_a_warning():
    policy = replace(settings.POOLS["web"], listen_port=free_port())
    with pooler(policy, settings.POSTGRES["web"], host="127.0.0.1") as said:
        assert whoami(settings.POSTGRES["web"], said)[0] == settings.POSTGRES["web"].user
    assert complaints(said["log"]) == []
    assert "listening on unix" not in said["log"]


def test_awkward_names_and_passwords_reach_the_server():
    servers = own_servers()
    with roles_on(servers), pooler(settings.POOLS["web"], servers["web"]) as said:
        found = whoami(servers["web"], said)
    assert found == (servers["web"].user, servers["web"].dbname)
    assert complaints(said["log"]) == []


def test_a_transaction_that_says_nothing_is_ended_though_its_client_turned_the_limit_off():
    policy = replace(settings.POOLS["web"], name="test", idle_in_transaction_timeout=1)
    with pooler(policy, settings.POSTGRES["web"], replicas=1) as said:
        client = connect(settings.POSTGRES["web"], **where(said))
        client.execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0")
        ended, _, _ = select.select([client], [], [], 10)
        with pytest.raises(psycopg.OperationalError, match="idle transaction timeout"):
            client.execute("COMMIT")
    assert ended


def whoami(server, said):
    with connect(server, **where(said)) as connection:
        return connection.execute("SELECT current_user, current_database()").fetchone()
