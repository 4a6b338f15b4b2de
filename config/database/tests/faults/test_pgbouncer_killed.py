"""A PgBouncer killed with -9 is back within 2 s, and the other pool does not notice."""

import os
import signal
import socket
import struct
import time

import pytest
from django.conf import settings

from config.tests.processes import wait_until
from config.tests.traffic import Traffic

pytestmark = pytest.mark.faults

# Not pg_stat_activity, which is a snapshot within a transaction.
WAITS = "SELECT FROM pg_locks WHERE relation = 'onboarding_expert'::regclass AND NOT granted"
COUNT = "SELECT count(*) FROM onboarding_expert"


@pytest.fixture
def superuser(site):
    with site.superuser() as connection:
        yield connection


@pytest.fixture
def seed(site, superuser, catalogue):
    """Start a job that waits in its transaction until the transaction of `superuser` ends."""
    superuser.execute("BEGIN; LOCK TABLE onboarding_expert IN SHARE MODE")
    with site.manage("seed_experts", "--file", catalogue(2_000)) as job:
        try:
            wait_until(lambda: superuser.execute(WAITS).fetchone() is not None, 30, "it waits")
            yield job
        finally:
            superuser.execute("ROLLBACK")


def get_listener(site, pool):
    """Return the pid of the process that listens for the pool's clients; 0 for none."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(f"{site.run_dir}/.s.PGSQL.{settings.POOLS[pool].listen_port}")
        except OSError:
            return 0
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return struct.unpack("3i", credentials)[0]


@pytest.fixture
def kill(site, record_property):
    """Return a function that kills a pool's PgBouncer and waits for the next one."""

    def kill(pool):
        killed, began = site.pid(f"pgbouncer-{pool}"), time.monotonic()
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: get_listener(site, pool) not in (0, killed), 2, "the next one listens")
        record_property("back after", f"{time.monotonic() - began:.1f} s")
        return time.monotonic()

    return kill


def test_job_survives_the_death_of_the_webs_pgbouncer(
    site, people, superuser, seed, kill, record_property
):
    with Traffic(site, people) as traffic:
        wait_until(lambda: len(traffic.answers) > 100, 30, "the load is there")
        back = kill("web")
        assert seed.poll() is None
        superuser.execute("ROLLBACK")
        output, error = seed.communicate(timeout=60)
    record_property("people", traffic.summarize())
    assert set(traffic.count_statuses()) <= {200, 503}
    assert set(traffic.count_statuses(after=back)) == {200}
    assert traffic.list_lost() == []
    assert (seed.returncode, error) == (0, "")
    assert output.startswith("experts: ")


def test_no_request_fails_by_the_death_of_the_jobs_pgbouncer(
    site, people, superuser, seed, kill, record_property
):
    before = superuser.execute(COUNT).fetchone()
    with Traffic(site, people) as traffic:
        wait_until(lambda: len(traffic.answers) > 100, 30, "the load is there")
        kill("jobs")
        assert "expired sessions deleted" in site.run_command("clear_sessions")
        error = seed.communicate(timeout=30)[1]
    record_property("people", traffic.summarize())
    assert set(traffic.count_statuses()) == {200}
    assert traffic.list_lost() == []
    assert (seed.returncode, len(error.splitlines())) == (1, 1)
    assert superuser.execute(COUNT).fetchone() == before
