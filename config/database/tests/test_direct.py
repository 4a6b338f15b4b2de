"""DATABASE_POOLING=direct: the same site without PgBouncer."""

import pytest
from django.conf import settings
from django.db import connections

from config.database.monitor.console import Console
from config.tests.processes import (
    Activity,
    ServerLog,
    gunicorn,
    load,
    manage,
    superuser,
    wait_until,
)

pytestmark = pytest.mark.django_db(transaction=True)
DIRECT = {"DATABASE_POOLING": "direct", "PGBOUNCER_HOST": "/nowhere"}


@pytest.fixture
def no_other_connections():
    """Close the tests' own connections through PgBouncer, so that they are not counted."""
    connections.close_all()
    with Console(settings.POOLS["web"]) as console, superuser() as watching:
        console.run("RECONNECT")
        query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
        role = [settings.POSTGRES["web"].user]
        wait_until(lambda: watching.execute(query, role).fetchone() == (0,), 30, "nobody is there")


@pytest.mark.usefixtures("no_other_connections")
def test_64_clients_use_at_most_ten_connections():
    log = ServerLog()
    with gunicorn(**DIRECT) as port, Activity() as activity:
        answers = load(port, "/readyz", {}, clients=64, requests=15)
    assert answers == {200: 64 * 15}
    assert 2 <= activity.web <= 10
    assert log.refusals() == []


def test_checks_pass_and_jobs_run():
    check = manage("check", "--database", "default", "--database", "jobs", **DIRECT)
    assert check.communicate(timeout=60)[1] == ""
    seed = manage("seed_experts", "--dry-run", **DIRECT)
    assert "5 created" in seed.communicate(timeout=60)[0]
    assert (check.returncode, seed.returncode) == (0, 0)
