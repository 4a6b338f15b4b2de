"""The site of the fault tests, its users, and what the tests measured."""

from __future__ import annotations

import json

import pytest

from config.tests.processes import free_port
from config.tests.site import new_site

COUNT = 8


def pytest_terminal_summary(terminalreporter):
    """Print what the tests recorded with `record_property`."""
    passed = terminalreporter.stats.get("passed", [])
    recorded = [report for report in passed if report.when == "call" and report.user_properties]
    if recorded:
        terminalreporter.section("measured")
    for report in sorted(recorded, key=lambda report: report.nodeid):
        values = "; ".join(f"{name} {value}" for name, value in report.user_properties)
        terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {values}")


@pytest.fixture
def site(private_site):
    """Yield a ready site; check that it recovers and refused no connection."""
    before = len(private_site.refusals())
    private_site.wait_until_ready()
    yield private_site
    private_site.wait_until_ready()
    assert private_site.refusals()[before:] == []


@pytest.fixture(scope="session")
def cached_people():
    return []


@pytest.fixture
def people(site, cached_people):
    """Return eight signed-in users; new ones if a test has emptied the tables."""
    if not cached_people or site.status("/api/profile", cached_people[0].headers) == 401:
        cached_people[:] = site.create_people(COUNT)
    return list(cached_people)


@pytest.fixture(scope="session")
def replica_site():
    """Yield a site with a standby, which reads from it."""
    port = free_port()
    # With slots for the jobs of the second region's host.
    own = {"READ_REPLICA": "true", "POOL_JOBS_BUDGET": "4"}
    with new_site(METRICS="true", METRICS_PORT=str(port), **own) as site:
        site.metrics_port = port
        yield site


@pytest.fixture(scope="session")
def replica_people(replica_site):
    return replica_site.create_people(COUNT + 4)


@pytest.fixture
def catalogue(tmp_path):
    """Return a function that writes a file of `count` experts and returns its path."""

    def write(count):
        texts = dict.fromkeys(("description", "prompt", "personality"), "x" * 100)
        experts = [
            {"slug": f"expert-{number}", "name": f"Expert {number}", "is_active": False} | texts
            for number in range(count)
        ]
        path = tmp_path / "experts.json"
        path.write_text(json.dumps(experts))
        return str(path)

    return write
