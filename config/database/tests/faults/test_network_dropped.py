"""The network between PgBouncer and PostgreSQL silently drops every packet."""

import os
import re
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from config.database.tests.network import Network
from config.tests.processes import wait_until
from config.tests.traffic import Traffic

pytestmark = pytest.mark.faults

WEB = settings.POOLS["web"]
SLACK = 1.5  # seconds, in addition to the wait
MOVED = ("postgres", "pgbouncer-web")
HOST = re.compile(r"\bhost=('[^']*'|\S+)")


@contextmanager
def move_into(network, site, folder):
    """Run PostgreSQL and the web's PgBouncer in the network, connected by TCP."""
    site.supervisor("stop", *MOVED)
    running = [start_postgres(network, site, folder), start_pgbouncer(network, site, folder)]
    try:
        site.wait_until_ready()
        yield running
    finally:
        for process in running:
            process.send_signal(signal.SIGINT)
            process.wait(30)
        site.supervisor("start", *MOVED)
        site.wait_until_ready()


def start_postgres(network, site, folder):
    data, access = site.folder / "var/postgres", folder / "pg_hba.conf"
    access.write_text((data / "pg_hba.conf").read_text() + "host all all samehost scram-sha-256\n")
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"hba_file={access}"]
    program = Path(os.environ["POSTGRES_BIN"]) / "postgres"
    return started(network, site, "postgres", program, "-D", data, *options)


def start_pgbouncer(network, site, folder):
    ini, own = site.folder / "var/pgbouncer/web.ini", folder / "web.ini"
    own.write_text(HOST.sub("host=127.0.0.1", ini.read_text(), count=1))
    return started(network, site, "pgbouncer-web", "pgbouncer", own)


def started(network, site, name, *command):
    with (site.folder / f"var/log/{name}.log").open("a") as log:
        return network.start(*command, stdout=log, stderr=log)


@pytest.fixture
def network(site, tmp_path):
    with Network() as network, move_into(network, site, tmp_path) as network.programs:
        yield network


def test_returns_503_in_bounded_time_and_recovers(site, people, network, record_property):
    with Traffic(site, people) as traffic:
        wait_until(lambda: all(traffic.written.values()), 30, "everybody has written")
        with network.cut():
            wait_until(lambda: traffic.count_statuses()[503] >= len(people), 30, "all are refused")
        end = time.monotonic()
        wait_until(lambda: traffic.count_statuses(after=end)[200], 30, "it answers again")
        back = time.monotonic()
        time.sleep(2.5)
    record_property("people", traffic.summarize())
    record_property("200 again after", f"{back - end:.1f} s")
    assert set(traffic.count_statuses()) == {200, 503}
    assert all(answer.retry_after for answer in traffic.answers if answer.status == 503)
    assert traffic.get_slowest() < WEB.query_timeout + SLACK
    assert back - end < WEB.connect_timeout + SLACK
    assert set(traffic.count_statuses(after=back + 2)) == {200}
    assert traffic.list_lost() == []
    assert [program.poll() for program in network.programs] == [None, None]
