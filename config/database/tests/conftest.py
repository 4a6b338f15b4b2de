from pathlib import Path

import pytest
from django.conf import settings as stored

from config.database.monitor.console import Console
from config.database.tests.servers import run_pgbouncer


@pytest.fixture
def resumed():
    yield
    for policy in stored.POOLS.values():
        with Console(policy) as console:
            console.resume()


@pytest.fixture
def own_web(settings, resumed):
    """Run a PgBouncer in place of the web's, and none for the jobs."""
    there = settings.PGBOUNCER_HOST
    with run_pgbouncer(settings.POOLS["web"], settings.POSTGRES["web"]) as place:
        settings.PGBOUNCER_HOST = place["host"]
        yield Path(place["host"])
    settings.PGBOUNCER_HOST = there
