from configparser import ConfigParser
from dataclasses import fields, replace

import pytest

from config.database.dsn import parse_server_url
from config.database.policy import JOBS, READ, WEB, number_pools
from config.database.render.pgbouncer import (
    UnwritableError,
    render_connect_query,
    render_ini,
    render_userlist,
)
from config.database.render.slots import render_wait

SOCKET = parse_server_url("POSTGRES_URL", "postgresql://ann:s3cret@/site?host=/run/postgresql")


def parse_server(query="", path="/site"):
    return parse_server_url("POSTGRES_URL", f"postgresql://ann:s3cret@db.example:5433{path}{query}")


def render(policy=WEB, server=SOCKET, host="/run/site", folder="/var/site/pgbouncer"):
    return render_ini(policy, server, host=host, folder=folder)


def parse_ini(*arguments, **changes):
    parser = ConfigParser(interpolation=None)
    parser.read_string(render(*arguments, **changes))
    return parser


def test_renders_the_web_pool():
    assert dict(parse_ini()["pgbouncer"]) == {
        "listen_port": "6432",
        "unix_socket_dir": "/run/site",
        "unix_socket_mode": "0700",
        "auth_type": "scram-sha-256",
        "auth_file": "/var/site/pgbouncer/web.userlist",
        "admin_users": "pgbouncer",
        "ignore_startup_parameters": "extra_float_digits",
        "pool_mode": "transaction",
        "default_pool_size": "10",
        "max_db_connections": "10",
        "max_user_connections": "10",
        "reserve_pool_size": "0",
        "max_client_conn": "400",
        "server_idle_timeout": "20",
        "server_lifetime": "1800",
        "server_connect_timeout": "10",
        "query_wait_timeout": "10",
        "query_timeout": "17",
        "idle_transaction_timeout": "17",
        "server_login_retry": "1",
        "server_check_delay": "5",
        "client_login_timeout": "10",
        "tcp_keepalive": "1",
        "tcp_keepidle": "30",
        "tcp_keepintvl": "10",
        "tcp_keepcnt": "3",
        "tcp_user_timeout": "15000",
        "server_tls_sslmode": "disable",
        "log_connections": "1",
        "log_disconnections": "1",
    }


def test_jobs_pool_differs_only_in_numbers():
    web, jobs = parse_ini()["pgbouncer"], parse_ini(JOBS)["pgbouncer"]
    assert {key: value for key, value in jobs.items() if web[key] != value} == {
        "listen_port": "6433",
        "auth_file": "/var/site/pgbouncer/jobs.userlist",
        "default_pool_size": "2",
        "max_db_connections": "2",
        "max_user_connections": "2",
        "max_client_conn": "50",
        "server_idle_timeout": "10",
        "server_lifetime": "600",
        "server_connect_timeout": "5",
        "query_wait_timeout": "30",
        "query_timeout": "0",
        "client_login_timeout": "30",
    }


def test_each_host_starts_with_an_equal_part_and_returns_idle_slots():
    hosts = replace(WEB, hosts=4, budget=30, max_connections=20)
    section = parse_ini(hosts)["pgbouncer"]
    assert (section["default_pool_size"], section["max_db_connections"]) == ("7", "20")
    assert section["server_idle_timeout"] == "5"
    assert parse_ini(replace(hosts, budget=2))["pgbouncer"]["default_pool_size"] == "1"


def test_has_one_capped_database():
    entries = parse_ini(server=parse_server())["databases"]
    assert list(entries) == ["site"]
    assert entries["site"].startswith(
        "host=db.example port=5433 dbname=site max_db_connections=10 "
        "client_encoding=UTF8 timezone=UTC connect_query='SET statement_timeout=15000;"
    )


def test_connect_query_sets_the_settings_first():
    assert render_connect_query(JOBS).startswith(
        "SET statement_timeout=0;SET idle_in_transaction_session_timeout=15000;"
        "SET client_connection_check_interval=100;SET search_path=public;DO $$BEGIN "
    )


def test_connect_query_waits_for_a_shared_slot():
    assert render_connect_query(JOBS).endswith(f";{render_wait(JOBS)}")
    assert render_connect_query(JOBS).replace("'", "''") in parse_ini(JOBS)["databases"]["site"]


@pytest.mark.parametrize("pool", [WEB, JOBS])
def test_longest_connect_query_fits_pgbouncer(pool):
    most = {knob.name: knob.metadata["high"] for knob in fields(pool) if knob.metadata}
    assert len(render_connect_query(replace(pool, **most))) <= 506


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"sslmode": "prefer"}),
        ("?sslmode=require", {"sslmode": "require"}),
        (
            "?sslmode=verify-full&sslrootcert=/ca.crt&sslcert=/c.crt&sslkey=/c.key",
            {
                "sslmode": "verify-full",
                "ca_file": "/ca.crt",
                "cert_file": "/c.crt",
                "key_file": "/c.key",
            },
        ),
    ],
)
def test_tls_is_between_pgbouncer_and_the_server(query, expected):
    section = parse_ini(server=parse_server(query))["pgbouncer"]
    prefix = "server_tls_"
    found = {key.removeprefix(prefix): section[key] for key in section if key.startswith(prefix)}
    assert found == expected


def test_tcp_has_no_socket():
    section = parse_ini(host="127.0.0.1")["pgbouncer"]
    assert section["listen_addr"] == "127.0.0.1"
    assert section["unix_socket_dir"] == ""
    assert "unix_socket_mode" not in section


def test_quotes_an_awkward_name_behind_the_pools_name():
    entries = parse_ini(server=parse_server(path="/my%20d'b"))["databases"]
    assert " dbname='my d''b' " in entries["web"]


def test_password_is_only_in_the_userlist():
    assert "s3cret" not in render()
    assert (
        render_userlist(SOCKET, console_password="c0nsole")
        == '"ann" "s3cret"\n"pgbouncer" "c0nsole"\n'
    )


def test_doubles_quotes_in_the_userlist():
    awkward = replace(SOCKET, user='a"n', password="p\"%;#'\\ü")
    assert render_userlist(awkward, console_password="c").startswith('"a""n" "p""%;#\'\\ü"\n')


def test_rejects_a_role_with_the_console_users_name():
    with pytest.raises(UnwritableError, match="'pgbouncer' has the name"):
        render_userlist(replace(SOCKET, user="pgbouncer"), console_password="c")


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"host": "/run/site\nadmin_users = ann"}, "unix_socket_dir"),
        ({"host": "/run/site "}, "unix_socket_dir"),
        ({"host": "localhost\r"}, "listen_addr"),
        ({"folder": "/var/site\n"}, "auth_file"),
        ({"folder": " /var/site"}, "auth_file"),
    ],
)
def test_rejects_line_breaks(arguments, key):
    with pytest.raises(UnwritableError, match=f"^{key} = .*correct VAR_DIR, PGBOUNCER_HOST"):
        parse_ini(**arguments)


@pytest.mark.parametrize("part", ["host", "dbname", "sslrootcert"])
def test_no_part_of_a_server_adds_a_line(part):
    with pytest.raises(UnwritableError):
        parse_ini(server=replace(SOCKET, **{part: "x\ny = z"}))


def test_rejects_a_list_of_hosts():
    with pytest.raises(UnwritableError, match="PGBOUNCER_HOST='/a,/b' is a list"):
        parse_ini(host="/a,/b")


def test_header_names_the_command():
    first = render(JOBS).splitlines()[:2]
    assert "manage.py pgbouncer_config --write" in first[0]
    assert "POOL_JOBS_*" in first[1]
    assert "POOL_READ_*" in render(number_pools(READ, ["read1"])["read1"]).splitlines()[1]


@pytest.mark.parametrize(
    ("sslmode", "host"), [("prefer", "127.0.0.1"), ("verify-full", "localhost")]
)
def test_localhost_is_127_0_0_1_unless_its_name_is_verified(sslmode, host):
    authority = "&sslrootcert=/etc/ca.crt" if sslmode == "verify-full" else ""
    url = f"postgresql://web:secret@localhost/site?sslmode={sslmode}{authority}"
    assert f"site = host={host} port=5432 " in render(server=parse_server_url("POSTGRES_URL", url))
