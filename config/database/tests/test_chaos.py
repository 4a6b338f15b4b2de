"""Wherever a connection is cut, an act is done once or not at all, and the next one works."""

import time
from itertools import count

import pytest
from django.conf import settings
from django.db import connections

from config import storage
from config.tests.acts import ReadsProfile, every_act
from config.tests.cutter import cutter_before
from config.tests.fixtures import empty_tables
from config.tests.outages import led_astray

pytestmark = pytest.mark.django_db(transaction=True)

MOMENTS = ["before", "after"]
MOST_STATEMENTS = 60
# Seconds in which someone who tries again is answered.
SOON = 5


@pytest.fixture(autouse=True)
def _storage_of_the_test(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {"default": storage.uploads(tmp_path / "files", "")}


@pytest.fixture
def cutter(tmp_path_factory):
    """Before the pool of the site; its folder's name is short, as a socket's has to be."""
    entry = settings.DATABASES["default"]
    with cutter_before((entry["HOST"], entry["PORT"]), tmp_path_factory.mktemp("c")) as cutter:
        yield cutter


def tried(act, cutter, *cut, again=False, signed_in=True):
    """The act's status where its line is cut so; then that of the next try, without a cut."""
    with led_astray(default=cutter.address):
        if signed_in:
            connections["default"].connect()
        cutter.arm(*cut, again=again)
        status = act.do()
        cuts = cutter.cuts
        cutter.disarm()
        yield status, cuts
        began = time.monotonic()
        assert act.client.get("/readyz").status_code == 200
        yield act.do() if act.is_repeatable or status >= 500 else status
        assert time.monotonic() - began < SOON


def check(kind, cutter, *cut, **how):
    """Whether the act kept to its model; how often it was cut, and its status."""
    empty_tables()
    act = kind()
    assert act.state() == act.before
    steps = tried(act, cutter, *cut, **how)
    status, cuts = next(steps)
    with usual():
        state = act.state()
    where = f"{kind.__name__} cut {cut}: {status}, stored {state}"
    assert state in ([act.after] if status < 400 else [act.before, act.after]), where
    assert status < 400 or (status == 503 and cuts), where
    again = next(steps)
    assert next(steps, None) is None
    if act.is_repeatable:
        assert again < 500, f"{where}, then {again}"
        assert act.state() == act.after, where
    return cuts, status


def usual():
    """The connection that nobody cuts."""
    return led_astray(default={})


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", every_act())
def test_an_act_is_whole_or_not_done_whichever_statement_is_cut(kind, moment, cutter):
    for number in count(1):
        cuts, status = check(kind, cutter, number, moment)
        assert number < MOST_STATEMENTS
        if not cuts:
            break
    assert (status < 400, number > 1) == (True, True)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", every_act())
def test_an_act_is_whole_or_not_done_where_every_nth_statement_is_cut(kind, moment, cutter):
    for number in (2, 3, 5):
        check(kind, cutter, number, moment, again=True)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_login_that_is_cut_anywhere_is_made_again(moment, cutter):
    for number in count(1):
        cuts, status = check(ReadsProfile, cutter, number, moment, signed_in=False)
        assert status == 200
        if not cuts:
            break
    assert number > 3


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_page_that_only_reads_does_not_fail_by_one_cut(moment, cutter):
    assert check(ReadsProfile, cutter, 1, moment) == (1, 200)
