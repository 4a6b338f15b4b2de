"""Five hosts share ten connections while they come, work, leave, freeze and die."""

import signal
import tempfile
import threading
import time
from pathlib import Path

import pytest

from config.database.tests.hosts import Fleet, Host, count_working, run_hosts
from config.database.tests.test_outage import OwnPostgres
from config.tests.processes import wait_until

pytestmark = pytest.mark.faults

BUDGET = 10
WORK = "SELECT pg_sleep(0.05)"
# Seconds: a lease expires after 15, and each host reads them every 5.
FORGOTTEN = 15 + 5 + 5


@pytest.fixture
def fleet(django_db_blocker):
    # A socket's path may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="f ", dir="/tmp") as folder:
        postgres = OwnPostgres(Path(folder))
        postgres.start()
        try:
            fleet = Fleet(postgres, count=5, web=BUDGET, jobs=BUDGET)
            fleet.restrict_connections()
            fleet.create_database()
            with django_db_blocker.unblock():
                fleet.create_lease_table()
            fleet.folder = Path(folder)
            yield fleet
        finally:
            postgres.stop()


class Watch(threading.Thread):
    """Samples how many sessions work at a time, about every 20 ms."""

    def __init__(self, fleet):
        super().__init__()
        self.fleet, self.most, self.now, self.done = fleet, 0, 0, threading.Event()

    def run(self):
        with self.fleet.superuser() as connection:
            while not self.done.wait(0.02):
                self.now = count_working(connection, WORK)
                self.most = max(self.most, self.now)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def wait_for_size(host, size, seconds):
    """Return the seconds until the host has at least that size."""
    began = time.monotonic()
    wait_until(lambda: host.size() >= size, seconds, f"{host.name} has {size} connections")
    return round(time.monotonic() - began, 1)


def time_statement(host):
    began = time.monotonic()
    with host.connect() as client:
        client.execute("SELECT 1")
    return time.monotonic() - began


def test_hosts_share_the_budget(fleet, record_property):
    with run_hosts(fleet, fleet.folder, ["a", "b"]) as (a, b), Watch(fleet) as watch:
        with a.load(WORK, clients=40):
            # The idle one keeps one connection.
            record_property("of 2, s", wait_for_size(a, 9, 15))
            others = [Host(fleet, fleet.folder, name) for name in "cde"]
            c, d, e = others
            try:
                for host in others:
                    host.start()
                wait_until(lambda: a.count_hosts() == 5, 30, "the others are counted")
                wait_until(lambda: a.size() == 6, 10, "each of the others may have one")
                wait_until(lambda: watch.now == 6, 10, "it works with six")
                firsts = [time_statement(host) for host in (b, c, d, e)]
                record_property("first statements, s", f"{max(firsts):.2f}")
                assert max(firsts) < 2
                with b.load(WORK, clients=40):
                    record_property("half of 5, s", wait_for_size(b, 3, 15))
                    wait_until(lambda: a.size() <= 4, 10, "the other half is b's")
                record_property("back, s", wait_for_size(a, 6, 25))
                c.stop()
                assert "c" not in fleet.list_leases(), (c.folder / "sizer.log").read_text()
                record_property("one left, s", wait_for_size(a, 7, 10))
                d.send_signal(signal.SIGSTOP)
                e.kill()
                record_property("frozen and killed, s", wait_for_size(a, 9, FORGOTTEN))
                d.send_signal(signal.SIGCONT)
                assert time_statement(d) < 2
                wait_until(lambda: a.size() == 8, 10, "the thawed one counts again")
            finally:
                for host in others:
                    host.kill()
        assert 9 <= watch.most <= BUDGET
    assert fleet.refusals() == []
