"""One site for all faults, whose PostgreSQL grants exactly what the budget check demands."""

from __future__ import annotations

import json

import pytest
from django.conf import settings

from config.database.policy import count_all_backends
from config.tests.site import new_site

RESERVED = 3  # superuser_reserved_connections, which the tests' own look at PostgreSQL uses
COUNT = 8


def pytest_terminal_summary(terminalreporter):
    """What the tests have recorded with `record_property`, at the run's end."""
    passed = terminalreporter.stats.get("passed", [])
    recorded = [report for report in passed if report.when == "call" and report.user_properties]
    if recorded:
        terminalreporter.section("measured")
    for report in sorted(recorded, key=lambda report: report.nodeid):
        values = "; ".join(f"{name} {value}" for name, value in report.user_properties)
        terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {values}")


@pytest.fixture(scope="session")
def shared_site():
    with new_site() as site:
        site.restart_postgres_with(
            max_connections=count_all_backends(settings.POOLS.values(), 1) + RESERVED
        )
        yield site


@pytest.fixture
def site(shared_site):
    """The site in order; what a test breaks it mends, and has refused nobody a connection."""
    before = len(shared_site.refusals())
    shared_site.wait_until_ready()
    yield shared_site
    shared_site.wait_until_ready()
    assert shared_site.refusals()[before:] == []


@pytest.fixture(scope="session")
def eight():
    """The eight of the last test; none before the first."""
    return []


@pytest.fixture
def people(site, eight):
    """Eight who are signed in; others where a test has emptied the tables."""
    if not eight or site.status("/api/profile", eight[0].headers) == 401:
        eight[:] = site.people(COUNT)
    return list(eight)


@pytest.fixture
def catalogue(tmp_path):
    """Writes a file of so many experts; its path."""

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
