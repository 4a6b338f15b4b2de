"""Events are counted; malformed and hostile ones are not."""

import json

import pytest

from config.observe.counters import MAX_ROUTES
from config.observe.events import Kind, Refusal
from config.observe.tally import Key, Sums, build_event


def build_requests(seconds=0.02, wait=0.003, statements=1, count=1, **labels):
    sums = Sums()
    for _ in range(count):
        sums.seconds.add(seconds)
        sums.waits.add(wait)
        sums.statements.add(statements)
    labels = {"route": "home", "method": "GET", "status": 200, "reason": ""} | labels
    return build_event(Key(**labels), sums)


def test_counts_requests(scrape, send):
    send(**build_requests(count=3))
    send(**build_requests(status=503, reason=Refusal.QUERY_WAIT, wait=10))
    found = scrape()
    labels = {"route": "home", "method": "GET"}
    assert found.get("ai4ceo_requests_total", status="2xx", **labels) == 3
    assert found.get("ai4ceo_requests_total", status="5xx", **labels) == 1
    assert found.get("ai4ceo_request_seconds_bucket", route="home", le="0.01") == 0
    assert found.get("ai4ceo_request_seconds_bucket", route="home", le="0.025") == 4
    assert found.get("ai4ceo_request_wait_seconds_bucket", le="5.0") == 3
    assert found.get("ai4ceo_request_wait_seconds_bucket", le="10.0") == 4
    assert found.get("ai4ceo_request_wait_seconds_count") == 4
    assert found.get("ai4ceo_request_statements_sum") == 4
    assert found.get("ai4ceo_refusals_total", place="pgbouncer", reason="query_wait") == 1


def test_has_empty_histograms_before_the_first_request(scrape):
    found = scrape()
    assert found.get("ai4ceo_request_wait_seconds_count") == 0
    assert found.get("ai4ceo_request_statements_bucket", le="+Inf") == 0


def test_knows_all_reasons_before_the_first_refusal(scrape):
    assert scrape().list("ai4ceo_refusals_total") == [0] * (len(Refusal) + 2)


def test_counts_uploads(scrape, send):
    send(kind=Kind.UPLOAD, bytes=1000)
    send(kind=Kind.UPLOAD, bytes=24)
    send(kind=Kind.REFUSED_UPLOAD, reason="quota")
    found = scrape()
    assert found.get("ai4ceo_uploads_total") == 2
    assert found.get("ai4ceo_upload_bytes_total") == 1024
    assert found.get("ai4ceo_refused_uploads_total", reason="quota") == 1


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.SIGN_IN, "sign_ins"),
        (Kind.FAILED_SIGN_IN, "failed_sign_ins"),
        (Kind.SIGN_UP, "sign_ups"),
        (Kind.MAIL_SENT, "mails_sent"),
        (Kind.MAIL_FAILED, "mail_failures"),
        (Kind.MAIL_GIVEN_UP, "mails_given_up"),
    ],
)
def test_counts_what_has_no_fields(scrape, send, kind, name):
    send(kind=kind)
    assert scrape().get(f"ai4ceo_{name}_total") == 1


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\xff\x00garbage",
        b"[" * 2000,
        b"null",
        b'["requests"]',
        b'{"kind": "unknown"}',
        b'{"kind": ["requests"]}',
        b'{"kind": "upload", "bytes": NaN}',
        b'{"kind": "upload", "bytes": -1}',
        b'{"kind": "upload", "bytes": true}',
        b'{"kind": "upload", "bytes": 1e300}',
        b'{"kind": "refused_upload", "reason": "anything"}',
        b'{"kind": "sign_in", "text": "' + b"x" * 3000 + b'"}',
        *(
            json.dumps(build_requests() | change).encode()
            for change in (
                {"route": ["home"]},
                {"status": 600},
                {"seconds": "1"},
                {"seconds": {"counts": [1], "total": 1}},
                {"waits": {"counts": 12 * [1e9], "total": 1}},
                {"waits": {"counts": 12 * [10**9], "total": 1}},
                {"waits": {"counts": "x" * 12, "total": 1}},
                {"waits": {"counts": 12 * [1], "total": 1e10}},
                {"statements": None},
                {"statements": {"counts": 10 * [-1], "total": 1}},
                {"statements": {"counts": 10 * [1]}},
                {"reason": "anything"},
            )
        ),
        b'{"kind": "requests"}',
    ],
)
def test_ignores_a_malformed_event(exporter, scrape, datagram):
    exporter.counters.count(datagram)
    found = scrape()
    assert found.get("ai4ceo_events_total", result="ignored") == 1
    assert found.get("ai4ceo_events_total", result="counted") == 0
    assert found.list("ai4ceo_requests_total") == []
    assert found.get("ai4ceo_upload_bytes_total") == 0


def test_bounds_the_series_whatever_the_routes_and_methods(scrape, send):
    for number in range(2 * MAX_ROUTES):
        send(**build_requests(route=f"route-{number}", method=f"M{number}"))
    send(**build_requests(route="with space"))
    send(**build_requests(route="r" * 101))
    found = scrape()
    assert len(found.list("ai4ceo_requests_total")) == MAX_ROUTES + 2
    assert found.get("ai4ceo_requests_total", route="other", method="other") == MAX_ROUTES
    assert found.get("ai4ceo_requests_total", route="other", method="GET") == 2
