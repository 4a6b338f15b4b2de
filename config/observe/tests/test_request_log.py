import os
import re
import time

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.people import PASSWORD, make_user
from config.lib.request_ids import request_id
from config.observe import request_log
from config.observe.access_log import AccessLog
from config.observe.tally import Key

pytestmark = pytest.mark.django_db

ID = "X-Request-ID"


@pytest.fixture
def lines(monkeypatch):
    """Return a function that returns the requests logged since the last call."""
    found = []
    monkeypatch.setattr(AccessLog, "write", lambda log, number, line: found.append(line))

    def read():
        lines = list(found)
        found.clear()
        return lines

    return read


def test_logs_a_request_in_one_line(client, lines):
    user = make_user()
    client.force_login(user)
    client.get("/api/profile?secret=1")
    (line,) = lines()
    assert (line.method, line.route, line.status) == ("GET", "api/profile", 200)
    assert (line.statements, line.pool, line.user, line.reason) == (1, "web", str(user.pk), "-")
    assert 0 < line.waited_ms <= line.ms < 10_000


def test_the_wait_includes_haproxys_queue(client, lines, settings):
    settings.HAPROXY = True
    arrived = int((time.time() - 2) * 1_000_000)
    client.get("/healthz", headers={"X-Request-Start": f"t={arrived}"})
    (line,) = lines()
    assert 2000 <= line.waited_ms < 4000
    assert line.ms < 2000


def test_logs_a_request_without_the_database(client, lines):
    client.get("/healthz")
    (line,) = lines()
    assert (line.statements, line.waited_ms, line.pool, line.user) == (0, 0, "-", "-")


def test_counts_from_zero_for_each_request(client, lines):
    client.force_login(make_user())
    for _ in range(2):
        client.get("/api/profile")
    assert [line.statements for line in lines()] == [1, 1]


def test_logs_the_pattern_of_a_url_and_never_the_url(client, lines):
    client.get("/accounts/password/reset/key/1-s3cr3t/?next=/s3cr3t")
    (line,) = lines()
    assert line.route == "accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"
    assert "s3cr3t" not in str(line)


@pytest.mark.parametrize(
    ("path", "route"), [("/", "/"), ("/s3cr3t", "-"), ("/static/site.css", "static")]
)
def test_logs_bounded_routes(client, lines, path, route):
    client.get(path).close()
    assert [line.route for line in lines()] == [route]


def test_logs_an_unknown_method_without_its_name(client, lines):
    client.generic("S3CR3T", "/healthz")
    client.head("/healthz")
    assert [line.method for line in lines()] == ["other", "HEAD"]


def test_a_sign_in_is_not_attributed_to_a_guess(client, lines):
    make_user()
    client.post(reverse("account_login"), {"login": "ada@example.org", "password": "no"})
    client.post(reverse("account_login"), {"login": "ada@example.org", "password": PASSWORD})
    assert [line.user for line in lines()] == ["-", "-"]


def test_makes_an_id_for_each_request(client):
    first, second = (client.get("/healthz").headers[ID] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


def test_does_not_trust_a_clients_id(client):
    assert client.get("/healthz", headers={ID: "mine"}).headers[ID] != "mine"


def test_takes_haproxys_id(client, settings):
    settings.HAPROXY = True
    assert client.get("/healthz", headers={ID: "of-haproxy"}).headers[ID] == "of-haproxy"
    assert request_id.get() == "of-haproxy"


def test_error_pages_quote_the_id(client):
    response = client.get("/nothing")
    assert response.status_code == 404
    assert f"Reference: <code>{response.headers[ID]}</code></p>" in response.content.decode()


def test_the_apis_errors_have_the_id(client):
    response = client.get("/api/nothing")
    assert response.json()["requestId"] == response.headers[ID]


def test_handlers_share_the_open_file():
    def count_descriptors():
        return len(os.listdir("/proc/self/fd"))

    Client().get("/healthz")
    before = count_descriptors()
    for _ in range(5):
        Client().get("/healthz")
    assert count_descriptors() == before


def test_counts_requests_if_metrics_are_on(client, settings, monkeypatch):
    counted = []
    monkeypatch.setattr(request_log.tally, "add", lambda *request: counted.append(request))
    client.get("/healthz")
    settings.METRICS = True
    client.get("/healthz")
    ((key, seconds, wait, statements),) = counted
    assert key == Key(route="healthz", method="GET", status=200, reason="")
    assert 0 <= seconds < 10
    assert (wait, statements) == (0, 0)
