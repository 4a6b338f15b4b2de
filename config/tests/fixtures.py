"""Fixtures for every app's tests; loaded as a plugin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import TransactionTestCase


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> None:
    """The throw-away database of deploy/test, already migrated, is the test database."""
    name = connections["default"].settings_dict["NAME"]
    if not str(name).startswith("test_"):
        pytest.exit(f"{name} is not a test database: run the tests with deploy/test", 2)
    connections["jobs"].settings_dict["TEST"]["MIRROR"] = "default"


@pytest.fixture(autouse=True, scope="session")
def _flush_in_the_jobs_pool() -> Iterator[None]:
    """The web role may not truncate, so tests that commit are cleaned up by the jobs role."""
    original = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        web, jobs = connections["default"], connections.create_connection("jobs")
        connections["default"] = jobs
        try:
            original(self)
        finally:
            jobs.close()
            connections["default"] = web

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _cheap_passwords(settings) -> None:
    """Hashing on purpose slowly would be most of the suite's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
