"""POSTGRES_READ_URL: one pool for each replica, and a role that can only read."""

from dataclasses import replace

import psycopg
import pytest
from django.conf import settings

from config.database.checks.replicas import ReplicaFacts, check_replica
from config.database.dsn import ServerURLError, parse_replica_urls, parse_server_url
from config.database.policy import READ, number_pools
from config.database.render.django import get_session_settings
from config.database.render.readers import get_reader_limits
from config.database.tests.servers import connect, create_roles, make_servers
from config.database.tests.test_server_checks import FACTS

PRIMARY = {"web": parse_server_url("POSTGRES_URL", "postgresql://ann:x@h/site")}
URLS = "postgresql://eve:x@one/site  postgresql://eve:x@two:5440/site"


def test_each_replica_has_a_pool_of_its_own():
    servers = parse_replica_urls(URLS, PRIMARY)
    pools = number_pools(READ, servers)
    assert [(s.host, s.port) for s in servers.values()] == [("one", 5432), ("two", 5440)]
    assert [(p.alias, p.listen_port) for p in pools.values()] == [("read1", 6434), ("read2", 6435)]


def test_without_replicas_there_is_nothing():
    assert parse_replica_urls("", PRIMARY) == {}
    assert (settings.READ_POOLS, settings.POSTGRES_READ) == ({}, {})


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://ann:x@one/site", "names the role ann, which can write"),
        ("postgresql://eve:x@one/other", "another database: it must be site"),
        ("postgresql://eve:x@one,two/site", "several hosts: give a URL for each replica"),
        ("postgresql://eve:x@one/site,postgresql://eve:x@two/site", "separate them by blanks"),
        ("postgresql://eve:x@one/site, postgres://eve:x@two/site", "separate them by blanks"),
        ("postgresql://eve:x@one/site postgresql://eve:y@one:5432/site", "one, port 5432, twice"),
    ],
)
def test_rejects_what_is_no_replica(url, reason):
    with pytest.raises(ServerURLError, match=reason):
        parse_replica_urls(url, PRIMARY)


def test_limit_is_that_of_one_replica():
    servers = parse_replica_urls(URLS, PRIMARY)
    assert get_reader_limits(number_pools(READ, servers), servers) == {"eve": 22}


POOL = replace(READ, name="read1", alias="read1")
GOOD = ReplicaFacts(
    server=replace(FACTS, role="eve", settings=get_session_settings(READ)),
    in_recovery=True,
    primary_connections=35,
)


def list_ids(**changes):
    return [message.id for message in check_replica(replace(GOOD, **changes), POOL)]


def test_accepts_a_replica():
    assert list_ids() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"in_recovery": False}, "pool.E121"),
        ({"primary_connections": 36}, "pool.E122"),
        ({"server": replace(GOOD.server, reserved=10)}, "pool.E123"),
        ({"writable": ("profile",)}, "pool.W121"),
        ({"reads_all": False}, "pool.W122"),
        ({"server": replace(GOOD.server, has_slot=False)}, "pool.E105"),
    ],
)
def test_finds(changes, expected):
    assert list_ids(**changes) == [expected]


DENIED = (
    "INSERT INTO thing VALUES (2)",
    "UPDATE thing SET id = 3",
    "DELETE FROM thing",
    "TRUNCATE thing",
    "CREATE TABLE other (id int)",
    "CREATE TEMPORARY TABLE other (id int)",
    "SELECT pg_advisory_lock(1)",
    "SELECT lo_create(0)",
)


@pytest.mark.django_db(transaction=True)
def test_role_can_only_read():
    servers = make_servers()
    reader = replace(servers["web"], user="test reader")
    pools = number_pools(READ, ["read1"])
    with create_roles(servers | {"read1": reader}, pools):
        with connect(servers["jobs"]) as jobs:
            jobs.execute("CREATE TABLE thing AS SELECT 1 AS id")
        with connect(reader) as session:
            assert session.execute("SELECT * FROM thing").fetchall() == [(1,)]
            for statement in DENIED:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    session.execute(statement)
