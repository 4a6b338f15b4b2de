"""Hosts that share a budget: each has both PgBouncers and a sizer, and all one PostgreSQL."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.db.utils import ConnectionHandler
from psycopg import sql

from config.database.dsn import parse_server_url
from config.database.models import Lease
from config.database.monitor.console import get_console_password
from config.database.policy import JOBS, WEB, count_all_backends
from config.database.render import pgbouncer, roles
from config.database.render.django import render_database
from config.database.tests.servers import connect, start
from config.tests.processes import ROOT, wait_until

RESERVED = 3  # superuser_reserved_connections, for the tests' own connections


class Fleet:
    """The site's PostgreSQL and pools, as `count` hosts with these budgets see them."""

    def __init__(self, postgres, *, count, web, jobs):
        self.pools = {
            "web": replace(WEB, hosts=count, budget=web),
            "jobs": replace(JOBS, hosts=count, budget=jobs),
        }
        self.environment = {
            "HOSTS": str(count),
            "POOL_WEB_BUDGET": str(web),
            "POOL_JOBS_BUDGET": str(jobs),
        }
        self.postgres, self.servers = postgres, {}
        for name, variable in (("web", "POSTGRES_URL"), ("jobs", "POSTGRES_JOBS_URL")):
            url = (
                f"postgresql://fleet_{name}:secret@127.0.0.1:{postgres.port}/fleet?sslmode=disable"
            )
            self.servers[name] = parse_server_url(variable, url)
            self.environment[variable] = url

    def restrict_connections(self):
        """Let PostgreSQL grant exactly the connections that the system check demands."""
        most = count_all_backends(self.pools.values()) + RESERVED
        with self.superuser("postgres") as connection:
            connection.execute(sql.SQL("ALTER SYSTEM SET max_connections = {}").format(most))
        self.postgres.stop()
        self.postgres.start()

    def superuser(self, dbname="fleet"):
        return connect(self.postgres.server, dbname=dbname)

    def create_database(self):
        script = roles.render_script(self.pools, self.servers, self.servers["jobs"])
        where = self.postgres.server
        command = [self.postgres.programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(
            [*command, "-h", where.host, "-p", str(where.port), "-U", where.user, "postgres"],
            input=script.encode(),
            capture_output=True,
            env=os.environ | {"PGPASSWORD": where.password},
        )
        assert done.returncode == 0, done.stderr

    def create_lease_table(self):
        entry = render_database(
            self.pools["jobs"], self.servers["jobs"], pooling="direct", pgbouncer_host=""
        )
        jobs = ConnectionHandler({"default": entry}).create_connection("default")
        with jobs.schema_editor() as editor:
            editor.create_model(Lease)
        jobs.close()

    def list_leases(self):
        with self.superuser() as connection:
            return {host for (host,) in connection.execute("SELECT host FROM pool_lease")}

    def refusals(self):
        log = (self.postgres.folder / "log").read_text()
        return [line for line in log.splitlines() if "too many" in line or "53300" in line]


class Host:
    def __init__(self, fleet, folder, name):
        self.fleet, self.folder, self.name = fleet, folder / name, name
        self.run_dir = self.folder / "run"
        self.run_dir.mkdir(parents=True)
        self.processes = []

    def start(self):
        for name, pool in self.fleet.pools.items():
            server, folder = self.fleet.servers[name], str(self.folder)
            ini = pgbouncer.render_ini(pool, server, host=str(self.run_dir), folder=folder)
            users = pgbouncer.render_userlist(server, console_password=get_console_password())
            (self.folder / f"{name}.ini").write_text(ini)
            (self.folder / f"{name}.userlist").write_text(users)
            self.processes.append(start(self.folder / f"{name}.ini", self.folder / f"{name}.log"))
        environment = {
            "HOST_NAME": self.name,
            "VAR_DIR": str(self.folder),
            "RUN_DIR": str(self.run_dir),
            "PGBOUNCER_HOST": str(self.run_dir),
            "DATABASE_POOLING": "pgbouncer",
            **self.fleet.environment,
        }
        with (self.folder / "sizer.log").open("w") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "manage.py", "size_pools"],
                    cwd=ROOT,
                    env=os.environ | environment,
                    stdout=log,
                    stderr=log,
                )
            )

    def size(self, pool="web"):
        """Return the size that the sizer has given the pool, 0 before it has."""
        try:
            document = json.loads((self.folder / "pool-sizes.json").read_text())
        except FileNotFoundError:
            return 0
        return document["pools"][pool]["size"]

    def count_hosts(self):
        """Return how many hosts this one counts."""
        document = json.loads((self.folder / "pool-sizes.json").read_text())
        return document["pools"]["web"]["hosts"]

    def get_place(self):
        return {"host": str(self.run_dir), "port": WEB.listen_port, "dbname": "fleet"}

    def connect(self):
        return connect(self.fleet.servers["web"], **self.get_place(), connect_timeout=10)

    def load(self, statement, clients):
        return pgbench(self.get_place(), self.fleet.servers["web"], statement, clients)

    def send_signal(self, number):
        for process in self.processes:
            process.send_signal(number)

    def stop(self):
        """Stop as supervisor does: the sizer first."""
        *bouncers, sizer = self.processes
        for process, number in [(sizer, signal.SIGTERM), *((b, signal.SIGINT) for b in bouncers)]:
            process.send_signal(number)
            process.wait(15)

    def kill(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait(10)


@contextmanager
def run_hosts(fleet, folder, names):
    hosts = [Host(fleet, folder, name) for name in names]
    try:
        for host in hosts:
            host.start()
        for host in hosts:
            wait_until(lambda host=host: host.size(), 30, f"{host.name} has sized its pools")
        yield hosts
    finally:
        for host in hosts:
            host.kill()


def count_working(connection, statement):
    """Return how many sessions run the statement, rather than log in."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s"
    return connection.execute(query, [f"{statement}%"]).fetchone()[0]


@contextmanager
def pgbench(place, server, statement, clients):
    """Let clients repeat the statement; fail if one gets an error."""
    command = [Path(os.environ["POSTGRES_BIN"], "pgbench"), "-n", "-f", "/dev/stdin", "-T", "600"]
    command += [f"--client={clients}", "-h", place["host"], "-p", str(place["port"])]
    process = subprocess.Popen(
        [*command, "-U", server.user, place["dbname"]],
        env=os.environ | {"PGPASSWORD": server.password},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        process.stdin.write(f"{statement};\n")
        process.stdin.close()
        yield
        assert process.poll() is None, "pgbench ended"
    finally:
        process.kill()
        process.wait(10)
        with process.stderr:
            errors = process.stderr.read()
    assert "error" not in errors, errors
