"""All kinds of slow and greedy clients at once, beside a normal client."""

import asyncio
import json
import threading
import time
from collections import Counter
from types import SimpleNamespace

import pytest
from django.conf import settings

from config.proxy.policy import Lanes
from config.proxy.tests.counters import Watch, read_stats
from config.proxy.tests.wire import drip, idle, pipeline, sip
from config.tests.crowd import render_head
from config.tests.traffic import send_request

pytestmark = [pytest.mark.own_site, pytest.mark.alone]

# Measured on two cores: the normal client's p99 0.02 s; HAProxy 51 MB, each gunicorn process 84 MB;
# large bodies cut off after 11.9 s, the readers' threads free after 20.1 s.

HEADS, BODIES, LARGE, IDLE, PIPELINES, STATIC, DOWNLOADS = 200, 50, 12, 1500, 6, 48, 16
TRANSFERS = settings.WEB_WORKERS * Lanes.split(settings.WEB_THREADS).transfers
# 3.3 MB, which no browser requests.
FILE = "/static/ninja/redoc.standalone.js.map"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATHS = ["/healthz", "/accounts/login/", "/api/profile", "/static/site.css"]
MAX_MEGABYTES = 300


def upload(site, user, size):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    body += b"line of text\n" * (size // 13) + b"\r\n--x--\r\n"
    headers = user.headers | {"Content-Type": "multipart/form-data; boundary=x"}
    response = send_request(site.port, "POST", "/api/files/upload", headers, body)
    return f"/api/files/{json.loads(response.body)['id']}/download"


class Siege(threading.Thread):
    """Run all attacks at once until HAProxy and gunicorn have ended those they must end."""

    def __init__(self, site, user, download):
        super().__init__()
        self.site, self.port = site, site.port
        self.cookie = {"Cookie": user.headers["Cookie"]}
        self.download = download
        self.replies = SimpleNamespace()
        self.stands = threading.Event()

    def run(self):
        asyncio.run(asyncio.wait_for(self.besiege(), 120))

    def slow(self, count, path, headers, piece, *, method="POST"):
        start = render_head(path, headers, method=method)
        if method == "GET":
            start = start.removesuffix(b"\r\n")
        return asyncio.gather(*(drip(self.port, start, piece, 0.5) for _ in range(count)))

    async def besiege(self):
        over = asyncio.Event()
        login, healthz = "/accounts/login/", render_head("/healthz")
        idle_ones = [asyncio.create_task(idle(self.port, over)) for _ in range(IDLE)]
        await asyncio.sleep(0)
        pipelines = asyncio.gather(*(pipeline(self.port, healthz, over) for _ in range(PIPELINES)))
        static = asyncio.gather(*(self.read(FILE, 10_000, over) for _ in range(STATIC)))
        ended = {
            "heads": self.slow(HEADS, login, {}, b"X-A: b\r\n", method="GET"),
            "bodies": self.slow(BODIES, login, FORM | {"Content-Length": "10000"}, b"a"),
            "large": self.slow(LARGE, login, FORM | {"Content-Length": "900000"}, b"a"),
        }
        self.stands.set()
        for name, attack in ended.items():
            setattr(self.replies, name, await attack)
        started = time.monotonic()
        downloads = asyncio.gather(*(self.read(self.download, 100, over) for _ in range(DOWNLOADS)))
        await self.wait_for_transfers(lambda count: count >= TRANSFERS)
        await self.wait_for_transfers(lambda count: count == 0)
        self.replies.free_after = time.monotonic() - started
        over.set()
        self.replies.downloads = await downloads
        self.replies.pipelines = await pipelines
        self.replies.static = await static
        self.replies.idle = await asyncio.gather(*idle_ones)

    async def wait_for_transfers(self, condition):
        while not condition(int(read_stats(self.site)["transfers", "BACKEND"]["scur"])):
            await asyncio.sleep(0.2)

    def read(self, path, rate, over):
        headers = self.cookie | {"Connection": "close"}
        return sip(self.port, render_head(path, headers), rate, over)


@pytest.fixture(scope="module")
def siege(hostile_site):
    (user,) = hostile_site.create_people(1)
    download = upload(hostile_site, user, 4_900_000)
    attack, responses = Siege(hostile_site, user, download), {}
    with Watch(hostile_site) as watch:
        attack.start()
        attack.stands.wait()
        while attack.is_alive():
            for path in PATHS:
                headers = user.headers if path.startswith("/api/") else {}
                responses.setdefault(path, []).append(
                    send_request(hostile_site.port, "GET", path, headers)
                )
        attack.join()
    return SimpleNamespace(
        replies=attack.replies, responses=responses, watch=watch, site=hostile_site
    )


def compute_percentile(responses, share):
    seconds = sorted(response.seconds for response in responses)
    return seconds[min(len(seconds) - 1, int(len(seconds) * share))]


@pytest.mark.parametrize("path", PATHS)
def test_a_normal_client_gets_a_response_within_a_second(siege, path, record_property):
    responses = siege.responses[path]
    record_property(
        path, f"{len(responses)} requests, p99 {compute_percentile(responses, 0.99):.2f} s"
    )
    assert Counter(response.status for response in responses) == {200: len(responses)}
    assert len(responses) >= 50
    assert compute_percentile(responses, 0.99) < 1


def test_no_process_uses_more_than_300_megabytes(siege, record_property):
    for name, megabytes in siege.watch.megabytes.items():
        record_property(name, f"{megabytes} MB")
    assert len(siege.watch.megabytes) == 4
    assert max(siege.watch.megabytes.values()) <= MAX_MEGABYTES


@pytest.mark.parametrize(("kind", "count"), [("heads", HEADS), ("bodies", BODIES)])
def test_a_head_and_a_small_body_time_out_after_ten_seconds(siege, kind, count):
    replies = getattr(siege.replies, kind)
    assert [reply.statuses for reply in replies] == [[408]] * count
    assert min(reply.seconds for reply in replies) > 9
    assert max(reply.seconds for reply in replies) < 15


def test_a_slow_large_body_is_cut_off(siege, record_property):
    longest = max(reply.seconds for reply in siege.replies.large)
    record_property("ended after", f"{longest:.1f} s")
    assert {status for reply in siege.replies.large for status in reply.statuses} <= {403, 503}
    assert longest < 25


def test_a_slow_reader_is_cut_off(siege, record_property):
    record_property("threads free after", f"{siege.replies.free_after:.1f} s")
    assert siege.replies.free_after < 45
    assert max(reply.size for reply in siege.replies.downloads) < 10_000


def test_transfers_use_at_most_a_quarter_of_the_threads(siege):
    servers = [count for (name, _), count in siege.watch.concurrent.items() if name == "transfers"]
    assert servers == [TRANSFERS // 2] * 2


def test_idle_connections_stay_open(siege):
    assert siege.replies.idle == [True] * IDLE


def test_a_client_that_reads_nothing_is_not_read_further(siege, record_property):
    record_property("bytes accepted", max(siege.replies.pipelines))
    # The kernel's buffers on both sides, outside any process.
    assert max(siege.replies.pipelines) < 20_000_000


def test_static_files_are_served_to_clients_at_10_kb_a_second(siege):
    assert [reply.statuses for reply in siege.replies.static] == [[200]] * STATIC
    assert min(reply.size for reply in siege.replies.static) > 50_000


def test_the_log_has_no_traceback(siege):
    assert siege.site.find_in_logs("Traceback") == []
