import json
from pathlib import Path

import pytest

from config.database.tests.servers import run_pgbouncer
from config.observe.exporter import Exporter
from config.observe.tests.scrapes import Scrape
from config.tests.processes import free_port
from config.tests.site import new_site


@pytest.fixture(scope="session")
def site():
    """Yield a site with an exporter, JSON logs and a web pool that follows its load."""
    port = free_port()
    metrics = {"METRICS": "true", "METRICS_PORT": str(port)}
    with new_site(LOG_FORMAT="json", POOL_WEB_MIN="2", **metrics) as site:
        site.metrics_port = port
        yield site


@pytest.fixture
def make_exporter(settings, tmp_path):
    """Make an exporter whose logs and job files are in a folder of the test."""

    def make(**queries):
        settings.VAR_DIR = tmp_path
        (tmp_path / "log").mkdir(exist_ok=True)
        exporter = Exporter(queries)
        exporters.append(exporter)
        return exporter

    exporters = []
    yield make
    for exporter in exporters:
        exporter.close()


@pytest.fixture
def exporter(make_exporter):
    return make_exporter()


@pytest.fixture
def scrape(exporter):
    return lambda: Scrape.of(exporter.registry)


@pytest.fixture
def send(exporter):
    """Count an event as if it had arrived."""
    return lambda **event: exporter.counters.count(json.dumps(event).encode())


@pytest.fixture
def own_web(settings):
    """Run a PgBouncer in place of the web's, and none for the jobs."""
    with run_pgbouncer(settings.POOLS["web"], settings.POSTGRES["web"]) as place:
        settings.PGBOUNCER_HOST = place["host"]
        yield Path(place["host"])


@pytest.fixture
def log_dir(settings, tmp_path):
    """Keep the samples and refusals of a test in a folder of its own."""
    settings.VAR_DIR = tmp_path
    folder = tmp_path / "log"
    folder.mkdir()
    return folder
