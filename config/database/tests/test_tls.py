"""PgBouncer's way to the server is encrypted and verified as POSTGRES_URL's sslmode says."""

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
from config.database.tests.servers import connect, pooler, where
from config.tests.processes import free_port, wait_until

PASSWORD = "a password of the test"


def authority(folder, name):
    """An authority's certificate, and one for 127.0.0.1 that it has signed."""
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
def server_with_tls(folder):
    """A PostgreSQL that takes encrypted logins only; yields its port."""
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
    """The server's URL parts and both authorities: the right one and a stranger's."""
    folder = tmp_path_factory.mktemp("tls")
    right, wrong = authority(folder, "right"), authority(folder, "wrong")
    with server_with_tls(folder) as port:
        server = replace(
            settings.POSTGRES["web"],
            host="127.0.0.1",
            port=port,
            user="site",
            password=PASSWORD,
            dbname="postgres",
        )
        make_entrance(server)
        yield server, str(right), str(wrong)


def make_entrance(server):
    """What `database_roles --sql` gives a server of one's own: logins get their settings there."""
    place = {name: getattr(server, name) for name in ("host", "port", "user", "password", "dbname")}
    with psycopg.connect(**place, sslmode="require") as administrator:
        administrator.execute(render_definitions(settings.POOLS, {"web": server, "jobs": server}))


def through_pgbouncer(server, query):
    policy = replace(settings.POOLS["web"], query_wait_timeout=2)
    with pooler(policy, server) as place, connect(server, **where(place)) as client:
        return client.execute(query).fetchone()[0]


ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


def test_a_verified_server_is_reached_encrypted(tls):
    server, right, _ = tls
    verified = replace(server, sslmode="verify-full", sslrootcert=right)
    assert through_pgbouncer(verified, ENCRYPTED) is True


def test_require_encrypts_without_an_authority(tls):
    assert through_pgbouncer(replace(tls[0], sslmode="require"), ENCRYPTED) is True


def test_the_server_notices_that_the_network_has_dropped(tls):
    server = replace(tls[0], sslmode="require")
    names = ("idle", "interval", "count")
    found = [through_pgbouncer(server, f"SHOW tcp_keepalives_{name}") for name in names]
    assert found == ["5", "5", "5"]


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_a_server_of_another_authority_is_refused(tls, sslmode):
    server, _, wrong = tls
    refused = replace(server, sslmode=sslmode, sslrootcert=wrong)
    with pytest.raises(psycopg.OperationalError, match=re.compile("login|connect|query_wait")):
        through_pgbouncer(refused, ENCRYPTED)


def test_a_server_of_another_name_is_refused(tls):
    server, right, _ = tls
    refused = replace(server, host="127.0.0.2", sslmode="verify-full", sslrootcert=right)
    with pytest.raises(psycopg.OperationalError, match=re.compile("login|connect|query_wait")):
        through_pgbouncer(refused, ENCRYPTED)
