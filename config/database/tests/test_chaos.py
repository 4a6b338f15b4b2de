"""Wherever a connection is cut, an action happens once or not at all, and the next one works."""

import time
from contextlib import contextmanager
from itertools import count

import pytest
from django.conf import settings
from django.db import connections

from accounts.models import Act as Claim
from config.database.backend import retry
from config.tests.actions import ReadsProfile, list_actions
from config.tests.cutter import run_cutter
from config.tests.fixtures import empty_tables
from config.tests.outages import make_connection
from files import storage_settings

pytestmark = pytest.mark.django_db(transaction=True)

MOMENTS = ["before", "after"]
MOST_STATEMENTS = 60
DONE = (200, 201, 204, 302)
# Seconds within which a retry must be answered.
SOON = 10


@pytest.fixture(autouse=True)
def _storage_of_the_test(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": storage_settings.build_storage(tmp_path / "files", "")
    }


@pytest.fixture(scope="module")
def cutter(tmp_path_factory):
    """Yield a cutter in front of the site's pool; a socket's path must be short."""
    entry = settings.DATABASES["default"]
    with run_cutter((entry["HOST"], entry["PORT"]), tmp_path_factory.mktemp("c")) as cutter:
        yield cutter


@contextmanager
def route_through(cutter, *, connected):
    """Route this thread's connection through the cutter, the same one in all blocks."""
    usual, connection = connections["default"], make_connection("default", cutter.address)

    @contextmanager
    def block():
        connections["default"] = connection
        try:
            yield
        finally:
            connections["default"] = usual

    try:
        if connected:
            connection.connect()
        yield block
    finally:
        connection.close()


def check(kind, cutter, *cut, connected=True, **how):
    """Check the action against its model; return the number of cuts and the status."""
    empty_tables()
    act = kind()
    assert act.state() == act.before
    with route_through(cutter, connected=connected) as through:
        with through(), cutter.arm(*cut, **how):
            status = act.attempt()
        cuts = cutter.cuts
        where = f"cut {cut}: {status}, stored {act.state()}"
        assert status < 400 or (status == 503 and cuts), where
        assert act.state() in ([act.after] if status < 400 else [act.before, act.after]), where
        if "again" not in how:
            assert not Claim.objects.filter(answer=None).exists(), where
        with through():
            check_next(act, status, where)
    return cuts, status


def check_next(act, status, where):
    """Check that the next request works, and so does a retry of a failed action."""
    assert act.client.get("/readyz").status_code == 200, where
    if status >= 500:
        began = time.monotonic()
        again = act.attempt()
        assert again in (*DONE, *act.errors), f"{where}, then {again}"
        assert time.monotonic() - began < SOON, where
        assert act.state() in (act.after, act.twice or act.after), f"{where}, then {act.state()}"


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", list_actions())
def test_action_is_atomic_whichever_statement_is_cut(kind, moment, cutter):
    for number in count(1):
        cuts, status = check(kind, cutter, number, moment)
        assert number < MOST_STATEMENTS
        if not cuts:
            break
    assert status < 400
    assert number > 1 or kind is ReadsProfile


@pytest.mark.parametrize("kind", list_actions())
def test_action_is_atomic_if_every_second_statement_is_cut(kind, cutter, monkeypatch):
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.1)
    check(kind, cutter, 2, "before", again=True)


@pytest.mark.parametrize("moment", MOMENTS)
def test_login_is_retried_wherever_it_is_cut(moment, cutter):
    for number in count(1):
        cuts, status = check(ReadsProfile, cutter, number, moment, connected=False)
        assert status == 200
        if not cuts:
            break
    assert number > 3


@pytest.mark.parametrize("moment", MOMENTS)
def test_read_only_page_survives_one_cut(moment, cutter):
    assert check(ReadsProfile, cutter, 1, moment, every=True) == (1, 200)
