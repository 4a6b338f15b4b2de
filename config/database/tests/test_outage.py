"""The cost of a PostgreSQL outage: nothing after it, and little during it."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.db.utils import ConnectionHandler

from config.database.policy import RESTART_WAIT
from config.database.render.django import render_database
from config.database.tests.servers import run_pgbouncer
from config.tests.processes import free_port, wait_until

PASSWORD = "a password of the test"


class OwnPostgres:
    """A PostgreSQL server that a test may stop and start."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        self.programs = Path(os.environ["POSTGRES_BIN"])
        (folder / "password").write_text(PASSWORD)
        options = ["--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        options += ["-U", "site", f"--pwfile={folder / 'password'}"]
        command = [self.programs / "initdb", "-D", folder / "data", *options]
        subprocess.run(command, check=True, capture_output=True)

    @property
    def server(self):
        site = settings.POSTGRES["web"]
        place = {"host": "127.0.0.1", "port": self.port, "dbname": "postgres"}
        return replace(site, user="site", password=PASSWORD, sslmode="disable", **place)

    def start(self):
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "fsync": "off"}
        options["unix_socket_directories"] = ""
        log = self.folder / "log"
        command = [self.programs / "postgres", "-D", self.folder / "data"]
        command += [f"-c{name}={value}" for name, value in options.items()]
        with log.open("w") as stderr:
            self.process = subprocess.Popen(command, stderr=stderr)
        wait_until(lambda: "ready to accept connections" in log.read_text(), 30, "it accepts")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return OwnPostgres(tmp_path_factory.mktemp("postgres"))


@pytest.fixture
def postgres(installed):
    installed.start()
    yield installed
    if installed.process.poll() is None:
        installed.stop()


@contextmanager
def connect(postgres, query_wait_timeout=1):
    policy = replace(settings.POOLS["web"], query_wait_timeout=query_wait_timeout)
    with run_pgbouncer(policy, postgres.server) as place:
        entry = render_database(
            policy, postgres.server, pooling="pgbouncer", pgbouncer_host=place["host"]
        )
        client = ConnectionHandler({"default": entry}).create_connection("default")
        connections["own"] = client
        try:
            yield client
        finally:
            client.close()
            del connections["own"]


def query(client):
    with client.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()


def measure_failure(client):
    began = time.monotonic()
    with pytest.raises(OperationalError) as caught:
        query(client)
    return str(caught.value), time.monotonic() - began


def outage(postgres, client):
    """Stop PostgreSQL until PgBouncer has noticed."""
    postgres.stop()
    error, _ = measure_failure(client)
    assert "query_wait_timeout" in error


@pytest.mark.django_db
def test_first_statement_after_an_outage_succeeds(postgres):
    with connect(postgres) as client:
        query(client)
        outage(postgres, client)
        client.ensure_connection()
        postgres.start()
        assert query(client) == (1,)


@pytest.mark.django_db
def test_first_transaction_after_an_outage_succeeds(postgres):
    with connect(postgres) as client:
        query(client)
        outage(postgres, client)
        client.ensure_connection()
        postgres.start()
        with transaction.atomic(using="own"), client.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT 1 AS one")
            cursor.execute("SELECT * FROM kept")
            assert cursor.fetchone() == (1,)


@pytest.mark.django_db
def test_first_login_after_an_outage_succeeds(postgres):
    postgres.stop()
    with connect(postgres) as client:
        measure_failure(client)
        postgres.start()
        assert query(client) == (1,)


@pytest.mark.django_db
def test_error_comes_after_the_restart_wait(postgres):
    with connect(postgres) as client:
        query(client)
        outage(postgres, client)
        error, seconds = measure_failure(client)
    assert "server login has been failing" in error
    assert seconds < RESTART_WAIT + 5
