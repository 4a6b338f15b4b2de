"""/healthz and /readyz"""

import pytest

from config.database.backend import retry
from config.tests.outages import redirect_connections


@pytest.fixture
def outage(db, tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)
    with redirect_connections(default={"HOST": str(tmp_path)}):
        yield


def test_healthz_needs_no_database_or_session(client):
    answer = client.get("/healthz", headers={"Cookie": "sessionid=anything"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer.headers["Content-Type"] == "text/plain"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", ["10.1.2.3", "[fe80::1]:8000", "evil.example", "a b", ""])
def test_accepts_any_host(client, path, host):
    assert client.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.django_db
def test_readyz_runs_one_statement(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


def test_readyz_is_503_without_the_database_and_gives_no_reason(client, outage):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"database unavailable\n")
    assert answer.headers["Retry-After"] == "5"


def test_logs_the_reason(client, outage, caplog):
    client.get("/readyz")
    assert "not ready: nothing listens there" in caplog.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_rejects_post_and_is_not_cached(client, path, outage):
    assert client.post(path).status_code == 405
    assert "no-store" in client.get(path).headers["Cache-Control"]
