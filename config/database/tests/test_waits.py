"""The wait for a thread counts towards the wait for a connection."""

import time

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory

from config.database.errors import is_overload
from config.database.middleware import get_queue_time, limit_wait
from config.tests.processes import ServerLog

pytestmark = pytest.mark.django_db(transaction=True)


def make_request(waited):
    timestamp = f"t={int((time.time() - waited) * 1_000_000)}"
    return RequestFactory().get("/", headers={"X-Request-Start": timestamp})


def respond(waited, *statements):
    """Run the statements in a request that waited so long for a thread."""

    def view(_):
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return HttpResponse("done")

    return limit_wait(view)(make_request(waited)).content


@pytest.fixture(autouse=True)
def _behind_haproxy(settings):
    settings.HAPROXY = True


def test_request_without_a_queue_has_the_whole_wait():
    assert respond(0, "SELECT pg_sleep(0.2)") == b"done"


def measure_failure():
    """Return after how many seconds the first statement of a request fails."""
    began = time.monotonic()
    with pytest.raises(OperationalError) as caught:
        respond(9.8, "SELECT pg_sleep(2)")
    assert is_overload(caught.value)
    return time.monotonic() - began


def test_first_statement_gets_the_remaining_wait():
    # Other load only adds time.
    assert min(measure_failure() for _ in range(3)) < 1


def test_later_statements_are_not_limited():
    # A machine with other load may need more than a second for the first one.
    assert respond(8, "SELECT 1", "SELECT pg_sleep(2.1)") == b"done"


def test_overdue_request_runs_no_statement():
    asked = ServerLog()
    with pytest.raises(OperationalError) as caught:
        respond(11, "SELECT 1")
    assert is_overload(caught.value)
    assert asked.statements("ai4ceo web") == []


def test_overdue_request_without_statements_is_answered():
    assert respond(11) == b"done"


def test_next_request_is_not_limited():
    with pytest.raises(OperationalError):
        respond(11, "SELECT 1")
    assert respond(0, "SELECT 1") == b"done"


def test_ignores_the_header_without_haproxy(settings):
    settings.HAPROXY = False
    assert respond(100, "SELECT 1") == b"done"


@pytest.mark.parametrize("timestamp", ["", "t=", "t=-5", "t=1e3", "t=" + "9" * 40, "now"])
def test_ignores_a_malformed_timestamp(timestamp):
    headers = {"X-Request-Start": timestamp}
    assert get_queue_time(RequestFactory().get("/", headers=headers)) == 0


def test_ignores_a_timestamp_in_the_future():
    assert get_queue_time(make_request(-5)) == 0
