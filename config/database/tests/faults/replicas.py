"""Requests to a site with a standby, and which server has answered them."""

import json
import re
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie

import psycopg

from config.database.dsn import parse_server_url
from config.database.policy import READ
from config.database.tests.servers import connect
from config.tests.processes import wait_until

REPLICA_PORT = 5433
LOOKS = ("pg_current_wal_insert_lsn", "END::text")


@dataclass(frozen=True)
class Answer:
    """A response; `pool` and `statements` are the access log's."""

    status: int
    body: str
    cookies: dict
    pool: str
    statements: int


def ask(site, method, path, headers, body=None):
    with closing(site.connect()) as connection:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        text = response.read().decode()
    cookies = SimpleCookie()
    for line in response.headers.get_all("Set-Cookie") or ():
        cookies.load(line)
    line = find_line(site, response.headers["X-Request-ID"])
    values = {name: morsel.value for name, morsel in cookies.items()}
    pool, statements = re.search(r"pool=(\S+)", line)[1], re.search(r"statements=(\d+)", line)[1]
    return Answer(response.status, text, values, pool, int(statements))


def find_line(site, number):
    return wait_until(
        lambda: next((line for line in site.log("access").splitlines() if number in line), ""),
        5,
        "the access log has the request",
    )


def get_profile(site, person, written=""):
    return ask(site, "GET", "/api/profile", add_cookie(person.headers, written))


def change_bio(site, person, bio):
    return ask(site, "PATCH", "/api/profile", person.headers, json.dumps({"bio": bio}))


def add_cookie(headers, written):
    return headers | {"Cookie": f"{headers['Cookie']}; written={written}"} if written else headers


def wait_for_replica(site, person, seconds=20):
    """Wait until both gunicorn processes read from the replica."""

    def is_read():
        return all(get_profile(site, person).pool == "read1" for _ in range(8))

    wait_until(is_read, seconds, "the replica is read")


def connect_replica(site):
    return psycopg.connect(
        host=str(site.run_dir),
        port=REPLICA_PORT,
        dbname="ai4ceo",
        user="postgres",
        autocommit=True,
    )


@contextmanager
def pause_replay(site):
    with connect_replica(site) as replica:
        replica.execute("SELECT pg_wal_replay_pause()")
        state = "SELECT pg_get_wal_replay_pause_state() = 'paused'"
        wait_until(lambda: replica.execute(state).fetchone()[0], 10, "replay is paused")
        try:
            yield
        finally:
            replica.execute("SELECT pg_wal_replay_resume()")


@contextmanager
def log_statements(site):
    """Yield a function that returns the statements since then, by server, without the looks."""
    with site.superuser() as primary, connect_replica(site) as replica:
        for server in (primary, replica):
            server.execute("ALTER SYSTEM SET log_statement = 'all'")
            server.execute("SELECT pg_reload_conf()")
            show = "SELECT current_setting('log_statement') = 'all'"
            wait_until(lambda: server.execute(show).fetchone()[0], 5, "logged")  # noqa: B023  used at once
        try:
            yield lambda act: list_statements(site, {"postgres": primary, "replica": replica}, act)
        finally:
            for server in (primary, replica):
                server.execute("ALTER SYSTEM RESET log_statement")
                server.execute("SELECT pg_reload_conf()")


def list_statements(site, servers, act):
    starts = {name: len(site.log(name)) for name in servers}
    act()
    found = {}
    for name, server in servers.items():
        server.execute("SELECT 'the end'")
        wait_until(lambda: "'the end'" in site.log(name)[starts[name] :], 5, "logged")  # noqa: B023  used at once
        lines = site.log(name)[starts[name] :].splitlines()
        ours = [line for line in lines if re.search(r"ai4ceo_(web|read) .*statement: ", line)]
        found[name] = [line for line in ours if not any(look in line for look in LOOKS)]
    return found


def open_pool(site):
    """Connect to the replica through its PgBouncer."""
    (url,) = re.findall(r"^POSTGRES_READ_URL=(.*)$", (site.folder / ".env").read_text(), re.M)
    server = parse_server_url("POSTGRES_READ_URL", url)
    return connect(server, host=str(site.run_dir), port=READ.listen_port)
