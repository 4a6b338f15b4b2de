from contextlib import ExitStack

import psycopg
import pytest
from django.conf import settings

from config.tests.processes import superuser, wait_until
from load.caps import Activity, Peak, count_refused

pytestmark = pytest.mark.django_db


def connect_directly(name):
    server = settings.POSTGRES[name]
    return psycopg.connect(
        host=server.host, dbname=server.dbname, user=server.user, password=server.password
    )


def test_counts_connections_above_the_cap():
    with ExitStack() as connections, Activity() as activity:
        for _ in range(3):
            connections.enter_context(connect_directly("jobs"))
        seen = activity.samples
        wait_until(lambda: activity.samples > seen + 1, 10, "two more samples")
    (jobs,) = [peak for peak in activity.get_peaks() if peak.pool == "jobs"]
    assert jobs.connections >= 3 > jobs.cap == 2


def test_records_a_failed_sample():
    with Activity() as activity, superuser() as administrator:
        wait_until(lambda: activity.samples, 10, "the first sample")
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename = 'postgres' AND pid <> pg_backend_pid()"
        )
        wait_until(lambda: activity.errors, 10, "the error is recorded")
    assert activity.errors[0].startswith("sampling pg_stat_activity failed: ")


def test_counts_refused_connections_in_the_log(tmp_path):
    log = tmp_path / "postgres.log"
    log.write_text("12:00 [1] web 53300 FATAL:  too many\n12:01 [2] web 00000 LOG:  53300\n")
    assert count_refused(log) == 1
    assert Peak("web", 1, 10).connections == 1
