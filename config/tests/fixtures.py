"""Fixtures for every app's tests; loaded as a plugin."""

from __future__ import annotations

import gc
import json
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from config.observe import events, request_log


def pytest_configure() -> None:
    """Restore Ctrl-C for the programs that tests start.

    A shell ignores SIGINT in background processes and what they start.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> None:
    """Load schemathesis and hypothesis only for their tests, because that takes time."""
    if file_path.match("test_*.py") and "hypothesis" in file_path.read_text():
        prepare_hypothesis()
    if file_path.name == "test_schemas.py":
        parent.config.pluginmanager.import_plugin("schemathesis", consider_entry_points=True)


def prepare_hypothesis() -> None:
    """Keep its files out of the checkout, and let no test fail because the machine is busy."""
    import hypothesis
    from django.conf import settings
    from hypothesis.configuration import set_hypothesis_home_dir

    set_hypothesis_home_dir(settings.VAR_DIR / "cache/hypothesis")
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("suite")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep the garbage collector from visiting all modules and tests again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


# Rows that migrations create.
KEPT = ["django_migrations", "django_content_type", "auth_permission"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> None:
    """Use deploy/test's throw-away database, which is already migrated."""
    name = connections["default"].settings_dict["NAME"]
    if not str(name).startswith("test_"):
        pytest.exit(f"{name} is not a test database: run the tests with deploy/test", 2)


# TRUNCATE creates new files for each table and index; DELETE of a few rows takes a tenth.
EMPTYING = """
    SELECT string_agg(
        CASE WHEN is_large THEN format('TRUNCATE %%I CASCADE', relname)
        ELSE format('DELETE FROM %%I', relname) END, '; ' ORDER BY is_large DESC)
    FROM pg_class, LATERAL (SELECT pg_relation_size(oid) > 1000000) AS size (is_large)
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND NOT relname = ANY(%s)
"""


def empty_tables() -> None:
    """Empty the tables as the jobs role, because the web role may not truncate."""
    with psycopg.connect(**connections["jobs"].get_connection_params()) as connection:
        (statements,) = connection.execute(EMPTYING, [KEPT]).fetchone()
        connection.execute(statements)


@pytest.fixture(autouse=True, scope="session")
def _tests_that_commit_are_cleaned_up() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty_tables())
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _people_are_onboarded() -> None:
    """Onboard the users of make_user, except newcomers, so that pages do not redirect."""
    # Plugins are loaded before the apps.
    from accounts.tests.people import on_create
    from onboarding.models import Preferences

    on_create.append(lambda user: Preferences.objects.create(user=user, finished_at=timezone.now()))


@pytest.fixture(autouse=True, scope="session")
def _logging_is_configured_once() -> Iterator[None]:
    """Keep commands from logging to the test's own standard error, which is closed later."""
    with override_settings(LOGGING_CONFIG=None):
        yield


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_read_lazily() -> Iterator[None]:
    """Otherwise each test's client would read all of them first."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(autouse=True)
def _cheap_passwords(settings) -> None:
    """Use a fast hasher: slow hashing would take most of the suite's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def private_site() -> Iterator[Any]:
    """Yield a site whose PostgreSQL grants exactly the connections that the check demands."""
    # Plugins are loaded before the settings.
    from config.tests.site import new_site, restrict_connections

    allow_descriptors(8192)
    with new_site() as site:
        restrict_connections(site)
        yield site


def allow_descriptors(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(count, hard)), hard))


@pytest.fixture
def user(client):
    """Return Ada, who is signed in with `client`."""
    from accounts.tests.people import make_user

    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def admin(client):
    """Return `client`, with which Grace, a superuser, is signed in."""
    from accounts.tests.people import make_admin

    client.force_login(make_admin())
    return client


@pytest.fixture
def list_events(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], list[Any]]]:
    """Receive what the test sends to the exporter; a call returns the events since the last one.

    Requests, which would be sent later, are not counted.
    """
    settings.METRICS, settings.METRICS_SOCKET = True, str(tmp_path / "events.sock")
    monkeypatch.setattr(request_log, "count", lambda line: None)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(settings.METRICS_SOCKET)
        receiver.setblocking(False)

        def receive() -> Iterator[Any]:
            with suppress(BlockingIOError):
                while True:
                    yield from map(json.loads, receiver.recv(4096).splitlines())

        yield lambda: list(receive())
    events._pending.clear()
    events._open_socket().close()
    events._open_socket.cache_clear()
