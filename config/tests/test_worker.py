"""The site under more clients than it has threads, slow ones among them."""

import asyncio
import json
import os
import socket
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import psycopg
import pytest
from django.conf import settings
from django.templatetags.static import static

from config.database.console import Console
from config.tests.crowd import children, crowd, head, trickle
from config.tests.processes import gunicorn, status, wait_until
from config.tests.traffic import ask

WEB = settings.POOLS["web"]
SIGNED_IN = {"Cookie": f"sessionid={'w' * 32}"}
THREADS, PATIENCE = 4, 2
MANY = 1000


@pytest.fixture(scope="module")
def small():
    """One worker of four threads, in which nobody waits for a thread for more than 2 s."""
    few = {"WEB_WORKERS": "1", "WEB_THREADS": str(THREADS)}
    with gunicorn(**few, POOL_WEB_QUERY_WAIT_TIMEOUT=str(PATIENCE)) as port:
        yield port


@contextmanager
def no_connection_free():
    """All of the web pool's server connections are taken, until the block ends."""
    entry = settings.DATABASES["default"]
    place = {name: entry[name.upper()] for name in ("host", "port", "user", "password")}
    with ExitStack() as stack:
        for _ in range(WEB.max_connections):
            client = psycopg.connect(**place, dbname=entry["NAME"])
            stack.callback(client.close)
            client.execute("SELECT 1")
        yield


def in_pgbouncers_queue():
    with Console(WEB) as console:
        return sum(int(row["cl_waiting"]) for row in console.show("POOLS"))


@pytest.fixture(scope="module")
def held(small):
    """What is answered while all four threads wait for the database, and afterwards."""
    quick = ["/healthz", static("site.css"), "/accounts/login/", "/accounts/login/?next=/files/"]
    seen = SimpleNamespace()
    with ThreadPoolExecutor(THREADS) as pool:
        with no_connection_free():
            asked = [pool.submit(status, small, "/api/profile", SIGNED_IN) for _ in range(THREADS)]
            wait_until(lambda: in_pgbouncers_queue() == THREADS, 10, "all threads wait")
            seen.quick = {path: ask(small, "GET", path) for path in quick}
            seen.known = ask(small, "GET", "/healthz", SIGNED_IN)
            seen.crowd = crowd(small, MANY, "/api/profile", headers=SIGNED_IN)
            (seen.page,) = crowd(small, 1, "/", headers=SIGNED_IN)
        seen.held = [answer.result() for answer in asked]
    seen.after = ask(small, "GET", "/api/profile", SIGNED_IN)
    return seen


def test_whoever_finds_no_thread_in_time_is_told_to_come_back(held):
    assert Counter(heard.status for heard in held.crowd) == {503: MANY}
    assert {heard.headers["retry-after"] for heard in held.crowd} == {"5"}
    assert max(heard.seconds for heard in held.crowd) < 10
    assert {json.loads(heard.body)["code"] for heard in held.crowd} == {"unavailable:database"}


def test_a_person_is_told_so_on_a_page(held):
    assert (held.page.status, held.page.headers["retry-after"]) == (503, "5")
    assert "Try again" in held.page.body.decode()
    assert {"content-security-policy", "x-content-type-options"} <= held.page.headers.keys()


def test_what_needs_no_database_is_answered_at_once(held):
    assert {path: answer.status for path, answer in held.quick.items()} == dict.fromkeys(
        held.quick, 200
    )
    assert max(answer.seconds for answer in held.quick.values()) < 2
    assert held.known.status == 200


def test_those_who_had_a_thread_are_answered_and_so_is_the_next(held):
    assert held.held == [401] * THREADS
    assert held.after.status == 401


SLOW = {
    "heads": (30, head("/accounts/login/").removesuffix(b"\r\n"), b"X-Slow: 1\r\n"),
    "small bodies": (
        10,
        head("/accounts/login/", {"Content-Length": "60000"}, method="POST"),
        b"a",
    ),
    "small bodies where none is due": (
        10,
        head("/accounts/login/", {"Content-Length": "60000"}),
        b"a",
    ),
}
LARGE = head(
    "/accounts/login/",
    {"Content-Length": "1000000", "Content-Type": "application/x-www-form-urlencoded"},
    method="POST",
)


async def slow_clients(port):
    slow = [
        trickle(port, start, piece, 0.5)
        for count, start, piece in SLOW.values()
        for _ in range(count)
    ]
    return await asyncio.gather(*slow, *(trickle(port, LARGE, b"", 0.5) for _ in range(10)))


def test_50_slow_clients_and_10_slow_uploads_stop_nobody(small):
    slow, others = [], []
    sending = threading.Thread(target=lambda: slow.extend(asyncio.run(slow_clients(small))))
    sending.start()
    while sending.is_alive():
        others.append(ask(small, "GET", "/api/profile"))
    sending.join()
    assert {answer.status for answer in others} == {401}
    assert max(answer.seconds for answer in others) < 2
    assert [heard.status for heard in slow[:-10]] == [408] * 50
    assert {heard.status for heard in slow[-10:]} <= {400, 403, 408, 503}
    assert max(heard.seconds for heard in slow) < 30


def test_1000_clients_who_keep_their_connections_are_all_served():
    with gunicorn() as port:
        heard = crowd(port, MANY, "/healthz", requests=3)
    assert Counter(one.status for one in heard) == {200: 3 * MANY}
    assert {one.headers["connection"] for one in heard} == {"keep-alive"}


def test_two_requests_in_one_breath_are_both_answered(small):
    async def both():
        reader, writer = await asyncio.open_connection("127.0.0.1", small)
        writer.write(head("/healthz") + head("/api/profile", {"Connection": "close"}))
        text = await reader.read()
        writer.close()
        await writer.wait_closed()
        return text

    text = asyncio.run(both())
    assert text.startswith(b"HTTP/1.1 200 ")
    assert text.count(b"HTTP/1.1 401 ") == 1


def test_a_length_that_no_number_holds_is_refused_and_ends_no_worker(small):
    async def send():
        reader, writer = await asyncio.open_connection("127.0.0.1", small)
        writer.write(head("/", {"Content-Length": "1" * 5000}, method="POST"))
        text = await reader.read()
        writer.close()
        await writer.wait_closed()
        return text

    before = workers_at(small)
    assert asyncio.run(send()).startswith(b"HTTP/1.1 400 ")
    assert workers_at(small) == before


def workers_at(port):
    (master,) = (
        pid
        for pid in children(os.getpid())
        if f"PORT={port}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    )
    return children(master)


def clients_of(pid):
    """How many connections a worker has accepted whose clients have not closed them."""
    return sum(it.status == psutil.CONN_ESTABLISHED for it in psutil.Process(pid).net_connections())


def share_of_each(port):
    """How many of 40 connections each worker has accepted, which may be after they were opened."""
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        wait_until(lambda: sum(map(clients_of, workers_at(port))) >= 40, 10, "all are accepted")
        return [clients_of(pid) for pid in workers_at(port)]


def test_workers_share_the_connections():
    with gunicorn() as port:
        wait_until(lambda: min(share_of_each(port)) > 0, 20, "both accept")
        assert min(share_of_each(port)) >= 10


def test_workers_that_have_served_their_number_are_replaced_and_nobody_notices():
    arguments = "--max-requests 1000 --max-requests-jitter 0"
    with gunicorn(GUNICORN_CMD_ARGS=arguments, WEB_WORKERS="1") as port:
        first, heard = workers_at(port), []
        while first & workers_at(port):
            heard += crowd(port, 20, "/healthz", requests=50)
    assert Counter(one.status for one in heard) == {200: len(heard)}
