from contextlib import ExitStack

import psycopg
import pytest
from django.conf import settings

from config.tests.processes import superuser, wait_until
from load.caps import Activity, Peak, refusals

pytestmark = pytest.mark.django_db


def directly(name):
    server = settings.POSTGRES[name]
    return psycopg.connect(
        host=server.host, dbname=server.dbname, user=server.user, password=server.password
    )


def test_connections_beyond_the_cap_are_seen():
    with ExitStack() as connections, Activity() as activity:
        for _ in range(3):
            connections.enter_context(directly("jobs"))
        seen = activity.looks
        wait_until(lambda: activity.looks > seen + 1, 10, "two more looks")
    (jobs,) = [peak for peak in activity.peaks() if peak.pool == "jobs"]
    assert jobs.connections >= 3 > jobs.cap == 2


def test_a_look_that_fails_is_told():
    with Activity() as activity, superuser() as administrator:
        wait_until(lambda: activity.looks, 10, "it looks")
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename = 'postgres' AND pid <> pg_backend_pid()"
        )
        wait_until(lambda: activity.complaints, 10, "it tells")
    assert activity.complaints[0].startswith("pg_stat_activity was watched no longer: ")


def test_refusals_are_counted_in_the_log(tmp_path):
    log = tmp_path / "postgres.log"
    log.write_text("12:00 [1] web 53300 FATAL:  too many\n12:01 [2] web 00000 LOG:  53300\n")
    assert refusals(log) == 1
    assert Peak("web", 1, 10).connections == 1
