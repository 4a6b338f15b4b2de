import pytest
from django.db import OperationalError
from django.test import RequestFactory

from config.observe.events import Refusal
from config.pools.refusals import (
    MAX_SHOWN,
    MEANINGS,
    UNSERVED,
    read_refusals,
    record_refusal,
)

pytestmark = pytest.mark.usefixtures("log_dir")


def test_keeps_the_newest_first():
    for path in ("/profile/", "/files/"):
        record_refusal(RequestFactory().get(path), Refusal.STORAGE)
    assert [(one.route, one.reason) for one in read_refusals()] == [
        ("GET /files/", Refusal.STORAGE),
        ("GET /profile/", Refusal.STORAGE),
    ]


def test_names_the_pattern_and_not_the_url():
    token = "/accounts/password/reset/key/a-secret/"
    record_refusal(RequestFactory().post(f"{token}?q=query"), Refusal.STORAGE)
    record_refusal(RequestFactory().get("/nothing/secret"), Refusal.STORAGE)
    routes = " ".join(one.route for one in read_refusals())
    assert "POST /accounts/" in routes
    assert "GET unknown" in routes
    assert "secret" not in routes
    assert "query" not in routes


def test_shows_the_last_fifty(log_dir):
    for number in range(500):
        record_refusal(RequestFactory().get("/profile/" if number < 499 else "/"), Refusal.DATABASE)
    found = read_refusals()
    assert (len(found), found[0].route) == (MAX_SHOWN, "GET /")
    assert sum(file.stat().st_size for file in log_dir.iterdir()) < 25_000


@pytest.mark.django_db
def test_pages_and_api_record_their_refusals(client, monkeypatch):
    def fails(*args):
        raise OperationalError("query_wait_timeout")

    monkeypatch.setattr("accounts.middleware.get_session_user", fails)
    client.raise_request_exception = False
    assert client.get("/profile/").status_code == 503
    assert client.get("/api/profile").status_code == 503
    assert [(one.route, one.reason) for one in read_refusals()] == [
        ("GET /api/profile", Refusal.QUERY_WAIT),
        ("GET /profile/", Refusal.QUERY_WAIT),
    ]


def test_every_reason_has_a_meaning():
    assert set(MEANINGS) == {*Refusal, UNSERVED}
