"""More clients than the site has threads, with the database and without."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import psutil
import pytest
from django.conf import settings

from config.database.tests.faults.web_clients import asleep
from config.proxy.tests.counters import stats
from config.tests.crowd import crowd
from config.tests.processes import haproxy, wait_until
from config.tests.traffic import ask

pytestmark = pytest.mark.own_site

MANY = 1000
PATIENCE = settings.POOLS["web"].query_wait_timeout
SIGNED_IN = {"Cookie": f"sessionid={'w' * 32}"}
QUICK = [
    "/healthz",
    "/static/site.css",
    "/accounts/login/",
    "/accounts/login/?next=/files/",
    "/accounts/signup/",
    "/accounts/password/reset/",
]


def frontend(site):
    return stats(site)["site", "FRONTEND"]


def given(site):
    """How many requests of the database have a thread."""
    rows = stats(site).items()
    return sum(int(row["scur"]) for (name, server), row in rows if server.startswith("web-"))


@pytest.fixture(scope="module")
def held(hostile_site):
    """What is answered while every connection of the pool is taken, and afterwards."""
    port, seen = hostile_site.port, SimpleNamespace()
    with ThreadPoolExecutor(2) as pool, asleep(hostile_site, PATIENCE + 30):
        many = pool.submit(crowd, port, MANY, "/api/profile", headers=SIGNED_IN)
        page = pool.submit(crowd, port, 1, "/", headers=SIGNED_IN)
        wait_until(lambda: given(hostile_site) >= 24, 10, "every thread is taken")
        seen.quick = {path: ask(port, "GET", path) for path in QUICK}
        seen.crowd, (seen.page,) = many.result(), page.result()
    seen.after = wait_until(lambda: after(port), 60, "the next one is answered")
    return seen


def after(port):
    answer = ask(port, "GET", "/api/profile", SIGNED_IN)
    return answer if answer.status == 401 else None


def test_whoever_finds_no_thread_in_time_is_asked_to_come_back(held, record_property):
    slowest = max(heard.seconds for heard in held.crowd)
    record_property("slowest", f"{slowest:.1f} s")
    assert Counter(heard.status for heard in held.crowd) == {503: MANY}
    assert {heard.headers["retry-after"] for heard in held.crowd} == {"5"}
    assert {json.loads(heard.body)["code"] for heard in held.crowd} == {"unavailable:database"}
    assert slowest < PATIENCE + 5


def test_a_person_sees_a_page(held):
    assert (held.page.status, held.page.headers["retry-after"]) == (503, "5")
    assert "Try again" in held.page.body.decode()
    assert {"content-security-policy", "x-content-type-options"} <= held.page.headers.keys()


@pytest.mark.parametrize("path", QUICK)
def test_what_needs_no_database_is_answered_at_once(held, path):
    assert held.quick[path].status == 200
    assert held.quick[path].seconds < 2


def test_the_next_one_is_answered(held):
    assert held.after.status == 401


def test_1000_clients_who_keep_their_connections_are_all_served(hostile_site):
    before = int(frontend(hostile_site)["stot"])
    heard = crowd(hostile_site.port, MANY, "/healthz", requests=3)
    assert Counter(one.status for one in heard) == {200: 3 * MANY}
    assert int(frontend(hostile_site)["stot"]) - before == MANY


def workers():
    """The processes that answer requests, of all gunicorn that this process has started."""
    masters = [
        child for child in psutil.Process().children() if "gunicorn" in " ".join(child.cmdline())
    ]
    return {worker.pid for master in masters for worker in master.children()}


def test_workers_that_have_served_their_number_are_replaced_and_nobody_notices(monkeypatch):
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--max-requests 100 --max-requests-jitter 0")
    with haproxy(workers=2) as port:
        first, heard = workers(), []
        while first & workers():
            heard += crowd(port, 20, "/api/profile", requests=10)
            heard += crowd(port, 20, "/healthz", requests=10)
    assert Counter(one.status for one in heard) == {200: len(heard) // 2, 401: len(heard) // 2}
