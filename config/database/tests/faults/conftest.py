"""One site for all faults, whose PostgreSQL grants exactly what the budget check demands."""

from __future__ import annotations

import pytest
from django.conf import settings

from config.database.policy import demanded
from config.tests.site import new_site

RESERVED = 3  # superuser_reserved_connections, which the tests' own look at PostgreSQL uses


@pytest.fixture(scope="session")
def shared_site():
    with new_site() as site:
        site.restart_postgres_with(max_connections=demanded(settings.POOLS.values(), 1) + RESERVED)
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
def people(shared_site):
    """Eight who are signed in."""
    return shared_site.people(8)
