"""Malformed requests and request smuggling: HAProxy and gunicorn agree on each request's end."""

import asyncio

import pytest

from config.proxy.tests.counters import count_gunicorn_requests
from config.proxy.tests.wire import say

pytestmark = pytest.mark.own_site

HOST = b"Host: 127.0.0.1\r\n"
CLOSE = b"Connection: close\r\n"
SECOND = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def get(*lines, start=b"GET /healthz HTTP/1.1", host=HOST, end=CLOSE):
    return b"".join([start, b"\r\n", host, end, *(line + b"\r\n" for line in lines), b"\r\n"])


def post(*lines, body=b"", version=b"1.1", end=b""):
    start = b"POST /api/nothing HTTP/" + version
    return get(*lines, start=start, end=end) + body


def chunked(body, *lines, **changes):
    return post(b"Transfer-Encoding: chunked", *lines, body=body + SECOND, **changes)


def many(count, size=1):
    return [b"X-%d: %s" % (number, b"a" * size) for number in range(count)]


UPGRADE = get(
    b"Upgrade: h2c",
    b"HTTP2-Settings: AAMAAABkAAQAAP__",
    end=b"Connection: Upgrade, HTTP2-Settings\r\n",
)
FORWARDING = [
    b"X-Forwarded-Host: evil.example",
    b"X-Forwarded-Prefix: /evil",
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-For: 10.0.0.1, bad",
    b"Forwarded: for=10.0.0.1;host=evil.example",
    b"X-Request-Start: t=1",
]

# The request, sent on its own connection, the expected statuses, and the number of requests that
# reach gunicorn. SECOND is smuggled in another request's body.
TABLE = {
    "two equal lengths": (
        post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc", end=CLOSE),
        [404],
        1,
    ),
    "two lengths": (
        post(b"Content-Length: 3", b"Content-Length: 5", body=b"abc" + SECOND),
        [400],
        0,
    ),
    "a list of lengths": (post(b"Content-Length: 3, 5", body=b"abc" + SECOND), [400], 0),
    "length and chunks": (chunked(b"0\r\n\r\n", b"Content-Length: 5"), [411], 0),
    "chunks": (chunked(b"3\r\nabc\r\n0\r\n\r\n"), [411], 0),
    "chunks with an extension": (chunked(b"3;a=b\r\nabc\r\n0\r\n\r\n"), [411], 0),
    "chunks with a trailer": (chunked(b"3\r\nabc\r\n0\r\nX-A: b\r\n\r\n"), [411], 0),
    "chunks with bare line feeds": (chunked(b"3\nabc\n0\n\n"), [411], 0),
    "chunks of HTTP/1.0": (chunked(b"0\r\n\r\n", version=b"1.0"), [411], 0),
    "a chunk without a size": (chunked(b"xyz\r\n0\r\n\r\n"), [400], 0),
    "a chunk of a negative size": (chunked(b"-1\r\nabc\r\n0\r\n\r\n"), [400], 0),
    "a chunk longer than it says": (chunked(b"3\r\nabcdef\r\n0\r\n\r\n"), [400], 0),
    "an unknown coding": (post(b"Transfer-Encoding: xchunked", body=SECOND), [400], 0),
    "chunked twice": (chunked(b"0\r\n\r\n", b"Transfer-Encoding: chunked"), [400], 0),
    "a coding behind chunks": (
        post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + SECOND),
        [400],
        0,
    ),
    "a negative length": (post(b"Content-Length: -1", body=SECOND), [400], 0),
    "a length with a sign": (post(b"Content-Length: +1", body=b"a" + SECOND), [400], 0),
    "a hexadecimal length": (post(b"Content-Length: 0x3", body=b"abc" + SECOND), [400], 0),
    "an empty length": (post(b"Content-Length:", body=SECOND), [400], 0),
    "a length of 5,000 digits": (
        post(b"Content-Length: " + b"1" * 5000, body=SECOND),
        [400],
        0,
    ),
    "a length beyond 32 bits": (
        post(b"Content-Length: 4294967300", body=b"abcd" + SECOND),
        [413],
        0,
    ),
    "a length beyond any disk": (post(b"Content-Length: 9000000000000000000"), [413], 0),
    "a space before the colon": (post(b"Content-Length : 100", body=SECOND), [400], 0),
    "a folded line": (get(b"X-A: b", b" c"), [200], 1),
    "a folded coding": (
        post(b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n" + SECOND),
        [411],
        0,
    ),
    "bare line feeds": (get().replace(b"\r\n", b"\n"), [200], 1),
    "NUL in a value": (get(b"X-A: a\0b"), [400], 1),
    "NUL in a name": (get(b"X\0A: b"), [400], 0),
    "NUL in the target": (get(start=b"GET /health\0z HTTP/1.1"), [400], 0),
    "a carriage return in a value": (get(b"X-A: a\rX-B: b"), [400], 0),
    "a line without a colon": (get(b"X-A"), [400], 0),
    "the site's own absolute target": (
        get(start=b"GET http://127.0.0.1/healthz HTTP/1.1"),
        [200],
        1,
    ),
    "another site's absolute target": (get(start=b"GET http://evil.example/ HTTP/1.1"), [400], 0),
    "two pipelined requests": (
        get(end=b"") + get(start=b"GET /api/profile HTTP/1.1"),
        [200, 401],
        2,
    ),
    "a GET with a body": (get(b"Content-Length: 3") + b"abc", [200], 1),
    "90 headers": (get(*many(90)), [200], 1),
    "101 headers": (get(*many(99)), [431], 1),
    "1,000 headers": (get(*many(998)), [431], 1),
    "5,000 headers": (get(*many(4998)), [400], 0),
    "a head of 20 kB": (get(*many(20, 1000)), [431], 0),
    "a head of 64 kB": (get(*many(64, 1000)), [400], 0),
    "HTTP/0.9": (b"GET /healthz\r\n\r\n", [400], 0),
    "HTTP/1.0": (b"GET /healthz HTTP/1.0\r\n\r\n", [200], 1),
    "an upgrade to HTTP/2": (UPGRADE + get(), [200, 200], 2),
    "no host": (get(start=b"GET /accounts/login/ HTTP/1.1", host=b""), [400], 1),
    "two hosts": (get(b"Host: evil.example"), [400], 0),
    "another site's host": (
        get(start=b"GET /api/profile HTTP/1.1", host=b"Host: evil.example\r\n"),
        [400],
        1,
    ),
    "Expect: 100-continue": (
        post(b"Expect: 100-continue", b"Content-Length: 3", body=b"abc", end=CLOSE),
        [100, 404],
        1,
    ),
    "another expectation": (get(b"Expect: a-miracle"), [417], 1),
    "TRACE": (get(start=b"TRACE /healthz HTTP/1.1"), [405], 1),
    "CONNECT": (
        get(start=b"CONNECT evil.example:80 HTTP/1.1", host=b"Host: evil.example:80\r\n"),
        [400],
        0,
    ),
    "a lower-case method": (get(start=b"get /healthz HTTP/1.1"), [400], 1),
    "a target of 5 kB": (get(start=b"GET /" + b"a" * 5000 + b" HTTP/1.1"), [414], 1),
    "a target of 60 kB": (get(start=b"GET /" + b"a" * 60000 + b" HTTP/1.1"), [400], 0),
    "names with underscores": (get(b"Content_Length: 100", b"X_Forwarded_Proto: https"), [200], 1),
    "another root": (get(b"SCRIPT_NAME: /x", b"Script-Name: /x", b"X-Script-Name: /x"), [200], 1),
    "forwarding headers": (get(*FORWARDING), [200], 1),
    "PROXY protocol": (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + get(), [400], 0),
    "TLS in the clear": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), [400], 0),
}

# HAProxy 3.0 rejects these earlier than 2.6.
REJECTED_EARLIER = {"NUL in a value": ([400], 0), "chunks with bare line feeds": ([400], 0)}
# Seconds until the connection ends. HAProxy 3.0 waits for the rest of a rejected body, up to its
# client timeout.
SOON, CLIENT_TIMEOUT = 5, 25


@pytest.fixture(scope="module")
def outcome(hostile_site):
    """Return, by entry, the reply and the number of requests that reached gunicorn."""

    async def send_all():
        outcomes = {}
        for name, (request, _, _) in TABLE.items():
            before = count_gunicorn_requests(hostile_site)
            reply = await say(hostile_site.port, request)
            outcomes[name] = reply, count_gunicorn_requests(hostile_site) - before
        return outcomes

    return asyncio.run(send_all())


@pytest.mark.parametrize("name", TABLE)
def test_rejects_or_serves_each_as_one_request(outcome, name):
    reply, count = outcome[name]
    assert (reply.statuses, count) in (TABLE[name][1:], REJECTED_EARLIER.get(name))
    assert reply.seconds < (CLIENT_TIMEOUT if reply.statuses == [413] else SOON)


def test_rejects_http2_in_the_clear(hostile_site):
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
    before = count_gunicorn_requests(hostile_site)
    reply = asyncio.run(say(hostile_site.port, preface))
    assert set(reply.statuses) == {400}
    assert count_gunicorn_requests(hostile_site) == before


def test_no_smuggled_request_is_served(hostile_site, outcome):
    assert hostile_site.find_in_logs("/smuggled") == []
    assert [name for name, (reply, _) in outcome.items() if b"smuggled" in reply.text] == []


def test_the_log_has_no_traceback(hostile_site, outcome):
    assert hostile_site.find_in_logs("Traceback") == []
    assert outcome["an upgrade to HTTP/2"][0].text.count(b"HTTP/1.1 101") == 0


def test_gunicorns_errors_show_the_sites_page(outcome):
    for name in ("101 headers", "1,000 headers", "a target of 5 kB", "another expectation"):
        text = outcome[name][0].text.lower()
        assert b"content-security-policy: " in text
        assert b"that didn\xe2\x80\x99t work" in text


def test_ignores_clients_forwarding_headers(outcome):
    reply, _ = outcome["forwarding headers"]
    assert b"evil" not in reply.text
    assert reply.statuses == [200]
