"""Both PgBouncer processes run with the policy's numbers."""

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
from config.database.tests.servers import (
    connect,
    create_roles,
    get_place,
    make_servers,
    run_pgbouncer,
)
from config.tests.processes import free_port

pytestmark = [
    pytest.mark.django_db(databases=["default", "jobs"]),
]
POOLS = pytest.mark.parametrize("name", ["web", "jobs"])

# PgBouncer's names of the numbers, and the policy's.
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


def test_tables_cover_every_number_of_the_policy():
    numbers = {knob.name for knob in fields(settings.POOLS["web"]) if knob.metadata}
    found = {*CONFIG.values(), *ENTRY.values(), *SESSION.values()}
    assert numbers == found | {"budget", "min_connections"}


@POOLS
def test_process_has_its_pools_numbers(name):
    pool = settings.POOLS[name]
    with Console(pool) as console:
        found = {row["key"]: row["value"] for row in console.show("CONFIG")}
    expected = {key: str(getattr(pool, number)) for key, number in CONFIG.items()}
    assert {key: found[key] for key in CONFIG} == expected


@POOLS
def test_process_has_its_files_settings(name):
    pool, server, host = settings.POOLS[name], settings.POSTGRES[name], settings.PGBOUNCER_HOST
    folder = str(settings.PGBOUNCER_DIR)
    text = render_ini(pool, server, host=host, folder=folder)
    with Console(pool) as console:
        found = {row["key"]: row["value"] for row in console.show("CONFIG")}
    expected = dict(re.findall(r"^(\w+) = (.*)$", text.split("[pgbouncer]")[1], re.MULTILINE))
    del expected["unix_socket_mode"]  # the console prints it in decimal
    assert {key: found[key] for key in expected} == expected


@POOLS
def test_socket_is_private(name):
    socket = Path(settings.PGBOUNCER_HOST, f".s.PGSQL.{settings.POOLS[name].listen_port}")
    assert socket.stat().st_mode & 0o777 == 0o700


@POOLS
def test_database_is_capped(name):
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
def test_server_connections_have_the_policys_settings(name):
    pool = settings.POOLS[name]
    query = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
    with connections[pool.alias].cursor() as cursor:
        cursor.execute(query, [list(SESSION)])
        found = dict(cursor.fetchall())
    units = {key: 1 if field == "client_check_interval" else 1000 for key, field in SESSION.items()}
    assert found == {key: str(getattr(pool, SESSION[key]) * units[key]) for key in SESSION}
    assert found == get_session_settings(pool)


@POOLS
def test_pool_mode_is_transaction(name):
    with connections[settings.POOLS[name].alias].cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (settings.POSTGRES[name].user,)
    with Console(settings.POOLS[name]) as console:
        rows = [row for row in console.show("POOLS") if row["database"] != "pgbouncer"]
    assert [row["pool_mode"] for row in rows] == ["transaction"]


def list_warnings(log):
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
def test_file_causes_no_warning(name, url):
    with run_pgbouncer(settings.POOLS[name], parse_server_url("POSTGRES_URL", url)) as place:
        pass
    assert list_warnings(place["log"]) == []
    assert " process up: " in place["log"]


def test_file_for_tcp_causes_no_warning():
    policy = replace(settings.POOLS["web"], listen_port=free_port())
    with run_pgbouncer(policy, settings.POSTGRES["web"], host="127.0.0.1") as place:
        assert (
            get_user_and_database(settings.POSTGRES["web"], place)[0]
            == settings.POSTGRES["web"].user
        )
    assert list_warnings(place["log"]) == []
    assert "listening on unix" not in place["log"]


def test_awkward_names_and_passwords_work():
    servers = make_servers()
    with create_roles(servers), run_pgbouncer(settings.POOLS["web"], servers["web"]) as place:
        found = get_user_and_database(servers["web"], place)
    assert found == (servers["web"].user, servers["web"].dbname)
    assert list_warnings(place["log"]) == []


def test_ends_an_idle_transaction_whose_client_disabled_the_limit():
    policy = replace(settings.POOLS["web"], name="test", idle_in_transaction_timeout=1)
    with run_pgbouncer(policy, settings.POSTGRES["web"], budget=10) as place:
        client = connect(settings.POSTGRES["web"], **get_place(place))
        client.execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0")
        ended, _, _ = select.select([client], [], [], 10)
        with pytest.raises(psycopg.OperationalError, match="idle transaction timeout"):
            client.execute("COMMIT")
    assert ended


def get_user_and_database(server, place):
    with connect(server, **get_place(place)) as connection:
        return connection.execute("SELECT current_user, current_database()").fetchone()
