import psycopg
import pytest
from django.db import OperationalError

from config.observe.access_log import AccessLine
from config.observe.events import Refusal
from config.observe.refusals import (
    MAX_SHOWN,
    MEANINGS,
    UNSERVED,
    find_refusal,
    read_refusals,
    record_refusal,
)

pytestmark = pytest.mark.usefixtures("log_dir")


def record(route, reason=Refusal.STORAGE, number="an-id"):
    record_refusal(AccessLine("GET", route, 503, 1.0, 0.0, 0, "-", "-", reason), number)


def test_returns_the_newest_first():
    record("profile/", number="one")
    record("files/", number="two")
    assert [(one.route, one.reason, one.request_id) for one in read_refusals()] == [
        ("GET files/", Refusal.STORAGE, "two"),
        ("GET profile/", Refusal.STORAGE, "one"),
    ]


def test_keeps_the_last_fifty_in_a_bounded_space(log_dir):
    longest = {"number": "n" * 64, "reason": Refusal.STATEMENT_TIMEOUT}
    for number in range(500):
        record("r" * 200 if number < 499 else "/", **longest)
    found = read_refusals()
    assert (len(found), found[0].route) == (MAX_SHOWN, "GET /")
    assert sum(file.stat().st_size for file in log_dir.iterdir()) < 25_500


@pytest.mark.django_db
def test_pages_and_api_record_their_refusals(client, monkeypatch):
    def fails(*args):
        raise OperationalError("query_wait_timeout")

    monkeypatch.setattr("accounts.middleware.get_session_user", fails)
    client.raise_request_exception = False
    answers = [client.get(path) for path in ("/profile/", "/api/profile")]
    assert [one.status_code for one in answers] == [503, 503]
    page, api = (one.headers["X-Request-ID"] for one in answers)
    assert [(one.route, one.reason, one.request_id) for one in read_refusals()] == [
        ("GET api/profile", Refusal.QUERY_WAIT, api),
        ("GET profile/", Refusal.QUERY_WAIT, page),
    ]


def test_every_reason_has_a_meaning():
    assert set(MEANINGS) == {*Refusal, UNSERVED}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("FATAL:  query_wait_timeout", Refusal.QUERY_WAIT),
        ("FATAL:  no more connections allowed (max_client_conn)", Refusal.CLIENT_LIMIT),
        ("connection failed: Connection refused", Refusal.DATABASE),
        ("FATAL:  sorry, too many clients already", Refusal.DATABASE),
    ],
)
def test_finds_the_reason_of_a_refusal(message, reason):
    assert find_refusal(OperationalError(message)) == reason


def test_finds_the_reason_in_the_cause():
    error = OperationalError("wrapped")
    error.__cause__ = psycopg.errors.QueryCanceled("canceling statement due to statement timeout")
    assert find_refusal(error) == Refusal.STATEMENT_TIMEOUT
