"""PgBouncer encrypts and verifies the server connection as POSTGRES_URL's sslmode demands."""

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from config.database.render.slot_functions import render_definitions
from config.database.tests.servers import connect, get_place, run_pgbouncer
from config.tests.processes import free_port, wait_until

PASSWORD = "a password of the test"


def make_authority(folder, name):
    ca, key = folder / f"{name}.crt", folder / f"{name}.key"
    shared = ["openssl", "req", "-new", "-nodes", "-newkey", "rsa:2048", "-subj"]
    run(*shared, f"/CN={name}", "-x509", "-keyout", str(key), "-out", str(ca))
    request = folder / f"{name}-server.csr"
    server_key, server = folder / f"{name}-server.key", folder / f"{name}-server.crt"
    run(*shared, "/CN=server", "-keyout", str(server_key), "-out", str(request))
    extension = folder / "extension"
    extension.write_text("subjectAltName = IP:127.0.0.1")
    signing = ["-CA", str(ca), "-CAkey", str(key), "-CAcreateserial", "-extfile", str(extension)]
    run("openssl", "x509", "-req", "-in", str(request), *signing, "-out", str(server))
    return ca


def run(*command):
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@contextmanager
def run_server(folder):
    """Run a PostgreSQL that accepts only TLS; yield its port."""
    data, port = folder / "data", free_port()
    programs = Path(os.environ["POSTGRES_BIN"])
    (folder / "password").write_text(PASSWORD)
    run(
        *(str(programs / "initdb"), "-D", str(data), "-U", "site", "--no-sync", "-E", "UTF8"),
        *("--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"),
    )
    (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.0/8 scram-sha-256\n")
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1,127.0.0.2",
        "unix_socket_directories": "",
        "ssl": "on",
        "ssl_cert_file": folder / "right-server.crt",
        "ssl_key_file": folder / "right-server.key",
        "fsync": "off",
    }
    arguments = [f"-c{name}={value}" for name, value in options.items()]
    log = folder / "log"
    with log.open("w") as stderr:
        server = subprocess.Popen(
            [programs / "postgres", "-D", str(data), *arguments], stderr=stderr
        )
    try:
        wait_until(lambda: "ready to accept connections" in log.read_text(), 30, "it accepts")
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """Yield the server, the CA that signed its certificate, and another CA."""
    folder = tmp_path_factory.mktemp("tls")
    right, wrong = make_authority(folder, "right"), make_authority(folder, "wrong")
    with run_server(folder) as port:
        server = replace(
            settings.POSTGRES["web"],
            host="127.0.0.1",
            port=port,
            user="site",
            password=PASSWORD,
            dbname="postgres",
        )
        create_slot_function(server)
        yield server, str(right), str(wrong)


def create_slot_function(server):
    place = {name: getattr(server, name) for name in ("host", "port", "user", "password", "dbname")}
    with psycopg.connect(**place, sslmode="require") as administrator:
        administrator.execute(render_definitions(settings.POOLS, {"web": server, "jobs": server}))


def query_through_pgbouncer(server, query):
    policy = replace(settings.POOLS["web"], query_wait_timeout=2)
    with run_pgbouncer(policy, server) as place, connect(server, **get_place(place)) as client:
        return client.execute(query).fetchone()[0]


ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


def test_verified_server_is_encrypted(tls):
    server, right, _ = tls
    verified = replace(server, sslmode="verify-full", sslrootcert=right)
    assert query_through_pgbouncer(verified, ENCRYPTED) is True


def test_require_encrypts_without_a_ca(tls):
    assert query_through_pgbouncer(replace(tls[0], sslmode="require"), ENCRYPTED) is True


def test_server_detects_a_dropped_network(tls):
    server = replace(tls[0], sslmode="require")
    names = ("idle", "interval", "count")
    found = [query_through_pgbouncer(server, f"SHOW tcp_keepalives_{name}") for name in names]
    assert found == ["5", "5", "5"]


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_rejects_a_server_of_another_ca(tls, sslmode):
    server, _, wrong = tls
    refused = replace(server, sslmode=sslmode, sslrootcert=wrong)
    with pytest.raises(psycopg.OperationalError, match=re.compile("login|connect|query_wait")):
        query_through_pgbouncer(refused, ENCRYPTED)


def test_rejects_a_server_of_another_name(tls):
    server, right, _ = tls
    refused = replace(server, host="127.0.0.2", sslmode="verify-full", sslrootcert=right)
    with pytest.raises(psycopg.OperationalError, match=re.compile("login|connect|query_wait")):
        query_through_pgbouncer(refused, ENCRYPTED)
