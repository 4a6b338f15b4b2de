"""Roles, databases and PgBouncer processes that belong to a test."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

from config.database.monitor.console import get_console_password
from config.database.render import pgbouncer, readers, roles
from config.database.render.django import get_entry_name
from config.tests.processes import wait_until


def make_servers():
    """Return a web and a jobs role on the site's server, with awkward characters."""
    password = "p \"%;#'\\$$ü:x"
    site = replace(settings.POSTGRES["jobs"], dbname="test_rö \"l;e's=$$", password=password)
    return {
        "web": replace(site, user='test we"b $$'),
        "jobs": replace(site, user="test_jobs's"),
    }


def run_psql(script):
    host = settings.POSTGRES["web"].host
    path = f"{os.environ.get('POSTGRES_BIN', '')}:{os.environ['PATH']}"
    program = shutil.which("psql", path=path)
    return subprocess.run(
        [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", host, "-U", "postgres", "postgres"],
        input=script.encode(),
        capture_output=True,
        check=False,
        env=os.environ | {"LC_ALL": "C"},
    )


@contextmanager
def create_roles(servers, read_pools=()):
    """Run the roles' script twice; drop everything that it created at the end."""
    script = roles.render_script(settings.POOLS, servers)
    lines = readers.render_readers(dict(read_pools), servers, servers["jobs"])
    script += "".join(f"{line}\n" for line in lines)
    try:
        yield [run_psql(script), run_psql(script)]
    finally:
        with connect_superuser(servers["jobs"], dbname="postgres") as connection:
            database = sql.Identifier(servers["jobs"].dbname)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
            for server in servers.values():
                role = sql.Identifier(server.user)
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))


def connect(server, **where):
    """Connect as that role to PostgreSQL itself, or to `where`."""
    parts = {
        "host": server.host,
        "port": server.port,
        "dbname": server.dbname,
        "user": server.user,
        "password": server.password,
    }
    return psycopg.connect(**(parts | where), autocommit=True)


def abandon(client):
    """Leave as a killed process does, without libpq's Terminate message."""
    with socket.socket(fileno=os.dup(client.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
    client.close()


def connect_superuser(server, **where):
    return connect(server, user="postgres", password="", **where)


@contextmanager
def run_pgbouncer(policy, server, host=None, budget=None):
    """Run a PgBouncer; yield where to connect, and at the end its log and status.

    The directory's path is short, because a socket's path may have 107 bytes. By default there are
    also slots for the site's own PgBouncer, which may hold all of its own.
    """
    budget = budget or policy.max_connections + count_site_slots(policy.name)
    policy = replace(policy, budget=budget)
    with tempfile.TemporaryDirectory(prefix="p ", dir="/tmp") as name:
        folder, place = Path(name), {}
        log = folder / "log"
        ini = pgbouncer.render_ini(policy, server, host=host or name, folder=name)
        users = pgbouncer.render_userlist(server, console_password=get_console_password())
        (folder / f"{policy.name}.ini").write_text(ini)
        (folder / f"{policy.name}.userlist").write_text(users)
        process = start(folder / f"{policy.name}.ini", log)
        try:
            wait_until(lambda: " process up: " in log.read_text(), 30, "PgBouncer is up")
            place["host"], place["port"] = host or name, policy.listen_port
            place["dbname"] = get_entry_name(policy, server)
            yield place
        finally:
            process.send_signal(signal.SIGINT)
            place["status"] = process.wait(10)
            place["log"] = log.read_text()


def count_site_slots(name):
    return settings.POOLS[name].slots


def get_place(place):
    return {key: place[key] for key in ("host", "port", "dbname")}


def start(ini, log):
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    with log.open("w") as stderr:
        return subprocess.Popen([program, str(ini)], stderr=stderr, stdin=subprocess.DEVNULL)
