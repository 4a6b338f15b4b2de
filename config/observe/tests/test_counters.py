"""Events are counted; malformed and hostile ones are not."""

import json

import pytest

from config.observe.counters import MAX_ROUTES
from config.observe.events import Kind, Refusal

REQUEST = {
    "kind": "request",
    "route": "home",
    "method": "GET",
    "status": 200,
    "seconds": 0.02,
    "wait_seconds": 0.003,
    "statements": 1,
    "reason": "",
}


def test_counts_a_request(scrape, send):
    send(**REQUEST)
    send(**REQUEST | {"status": 503, "reason": Refusal.QUERY_WAIT, "wait_seconds": 10})
    found = scrape()
    labels = {"route": "home", "method": "GET"}
    assert found.get("ai4ceo_requests_total", status="2xx", **labels) == 1
    assert found.get("ai4ceo_requests_total", status="5xx", **labels) == 1
    assert found.get("ai4ceo_request_seconds_bucket", route="home", le="0.025") == 2
    assert found.get("ai4ceo_request_wait_seconds_bucket", le="5.0") == 1
    assert found.get("ai4ceo_request_statements_sum") == 2
    assert found.get("ai4ceo_refusals_total", place="pgbouncer", reason="query_wait") == 1


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
        b'["request"]',
        b'{"kind": "unknown"}',
        b'{"kind": ["request"]}',
        b'{"kind": "upload", "bytes": NaN}',
        b'{"kind": "upload", "bytes": -1}',
        b'{"kind": "upload", "bytes": true}',
        b'{"kind": "upload", "bytes": 1e300}',
        b'{"kind": "refused_upload", "reason": "anything"}',
        b'{"kind": "sign_in", "text": "' + b"x" * 3000 + b'"}',
        *(
            json.dumps(REQUEST | change).encode()
            for change in (
                {"route": ["home"]},
                {"status": 600},
                {"seconds": "1"},
                {"wait_seconds": 1e9},
                {"statements": None},
                {"reason": "anything"},
            )
        ),
        b'{"kind": "request"}',
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
        send(**REQUEST | {"route": f"route-{number}", "method": f"M{number}"})
    send(**REQUEST | {"route": "with space"})
    send(**REQUEST | {"route": "r" * 101})
    found = scrape()
    assert len(found.list("ai4ceo_requests_total")) == MAX_ROUTES + 2
    assert found.get("ai4ceo_requests_total", route="other", method="other") == MAX_ROUTES
    assert found.get("ai4ceo_requests_total", route="other", method="GET") == 2
