"""More clients than threads, with and without the database."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import psutil
import pytest
from django.conf import settings

from config.database.tests.faults.web_clients import hold_pool
from config.proxy.policy import Lanes
from config.proxy.tests.counters import read_stats
from config.tests.crowd import crowd
from config.tests.processes import haproxy, wait_until
from config.tests.traffic import send_request

pytestmark = pytest.mark.own_site

MANY = 1000
THREADS = settings.WEB_WORKERS * Lanes.split(settings.WEB_THREADS).requests
QUEUE_TIMEOUT = settings.POOLS["web"].query_wait_timeout
SIGN_IN = """
from django.test import Client
from accounts.models import User
administrator = User.objects.get(is_superuser=True)
administrator.must_change_password = False
administrator.save()
client = Client()
client.force_login(administrator)
print(client.cookies["sessionid"].value)
"""
SIGNED_IN = {"Cookie": f"sessionid={'w' * 32}"}
QUICK = [
    "/healthz",
    "/static/site.css",
    "/accounts/login/",
    "/accounts/login/?next=/files/",
    "/accounts/signup/",
    "/accounts/password/reset/",
]


def read_frontend(site):
    return read_stats(site)["site", "FRONTEND"]


def count_running(site):
    """Return how many requests that use the database have a thread."""
    rows = read_stats(site).items()
    return sum(int(row["scur"]) for (name, server), row in rows if server.startswith("web-"))


def sign_in_administrator(site):
    """Return the headers of the browser of the site's first administrator."""
    return {"Cookie": f"sessionid={site.run_command('shell', '-v0', '-c', SIGN_IN).strip()}"}


@pytest.fixture(scope="module")
def held(hostile_site):
    port, seen = hostile_site.port, SimpleNamespace()
    administrator = sign_in_administrator(hostile_site)
    with ThreadPoolExecutor(2) as pool, hold_pool(hostile_site):
        many = pool.submit(crowd, port, MANY, "/api/profile", headers=SIGNED_IN)
        page = pool.submit(crowd, port, 1, "/", headers=SIGNED_IN)
        wait_until(lambda: count_running(hostile_site) >= THREADS, 10, "every thread is in use")
        seen.quick = {path: send_request(port, "GET", path) for path in QUICK}
        seen.pools = send_request(port, "GET", "/admin/pools/", administrator)
        seen.crowd, (seen.page,) = many.result(), page.result()
    seen.refusals = wait_until(
        lambda: find_unserved(port, administrator), 30, "the page of the pools has the refusals"
    )
    seen.after = wait_until(lambda: ask_again(port), 60, "the next request is served")
    return seen


def ask_again(port):
    response = send_request(port, "GET", "/api/profile", SIGNED_IN)
    return response if response.status == 401 else None


def test_requests_without_a_thread_in_time_get_503_with_retry_after(held, record_property):
    slowest = max(reply.seconds for reply in held.crowd)
    record_property("slowest", f"{slowest:.1f} s")
    assert Counter(reply.status for reply in held.crowd) == {503: MANY}
    assert {reply.headers["retry-after"] for reply in held.crowd} == {"5"}
    assert {json.loads(reply.body)["code"] for reply in held.crowd} == {"unavailable:database"}
    assert slowest < QUEUE_TIMEOUT + 5


def test_a_browser_gets_a_page(held):
    assert (held.page.status, held.page.headers["retry-after"]) == (503, "5")
    assert "Try again" in held.page.body.decode()
    assert {"content-security-policy", "x-content-type-options"} <= held.page.headers.keys()


@pytest.mark.parametrize("path", QUICK)
def test_requests_without_a_database_are_served_at_once(held, path):
    assert held.quick[path].status == 200
    assert held.quick[path].seconds < 2


def find_unserved(port, administrator):
    """Return how many requests HAProxy refused by itself, once the page shows most of them."""
    page = send_request(port, "GET", "/admin/pools/", administrator).body.decode()
    count = sum(map(int, re.findall(r">(\d+) requests</td>", page)))
    return count if count > 0.9 * MANY else 0


def test_the_page_of_the_pools_names_haproxys_refusals(held):
    assert held.refusals <= MANY + 1


def test_the_page_of_the_pools_is_served_at_once(held, record_property):
    record_property("page of the pools", f"{held.pools.seconds:.1f} s")
    assert held.pools.status == 200
    assert held.pools.seconds < 2
    text = held.pools.body.decode()
    assert "10 of 10 server connections" in text
    # The public process has recorded a sample since its start.
    assert "There are no samples yet." not in text


def test_the_next_request_is_served(held):
    assert held.after.status == 401


def test_1000_clients_with_kept_connections_are_all_served(hostile_site):
    before = int(read_frontend(hostile_site)["stot"])
    replies = crowd(hostile_site.port, MANY, "/healthz", requests=3)
    assert Counter(reply.status for reply in replies) == {200: 3 * MANY}
    assert int(read_frontend(hostile_site)["stot"]) - before == MANY


def list_workers():
    """Return the PIDs of the workers of each gunicorn that this process has started."""
    masters = [
        child for child in psutil.Process().children() if "gunicorn" in " ".join(child.cmdline())
    ]
    return {worker.pid for master in masters for worker in master.children()}


def test_no_request_fails_when_workers_reach_max_requests(monkeypatch):
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--max-requests 100 --max-requests-jitter 0")
    with haproxy(workers=2) as port:
        first, replies = list_workers(), []
        while first & list_workers():
            replies += crowd(port, 20, "/api/profile", requests=10)
            replies += crowd(port, 20, "/healthz", requests=10)
    assert Counter(reply.status for reply in replies) == {
        200: len(replies) // 2,
        401: len(replies) // 2,
    }
