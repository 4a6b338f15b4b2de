"""A person waits for a thread and for a connection no longer than for one of them."""

import time

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory

from config.database.errors import is_overload
from config.database.middleware import get_queue_time, limit_wait
from config.tests.processes import ServerLog

pytestmark = pytest.mark.django_db(transaction=True)


def request(waited):
    stamp = f"t={int((time.time() - waited) * 1_000_000)}"
    return RequestFactory().get("/", headers={"X-Request-Start": stamp})


def answered(waited, *statements):
    """What the statements of a request that has waited so long for a thread bring."""

    def view(_):
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return HttpResponse("done")

    return limit_wait(view)(request(waited)).content


@pytest.fixture(autouse=True)
def _behind_haproxy(settings):
    settings.HAPROXY = True


def test_who_was_given_a_thread_at_once_waits_as_long_as_the_pool_lets_them():
    assert answered(0, "SELECT pg_sleep(0.2)") == b"done"


def test_the_rest_of_the_wait_is_the_first_statements():
    began = time.monotonic()
    with pytest.raises(OperationalError) as caught:
        answered(9.8, "SELECT pg_sleep(2)")
    assert is_overload(caught.value)
    assert time.monotonic() - began < 1


def test_what_follows_may_take_its_time():
    assert answered(9.5, "SELECT 1", "SELECT pg_sleep(0.7)") == b"done"


def test_who_has_waited_too_long_asks_nothing():
    asked = ServerLog()
    with pytest.raises(OperationalError) as caught:
        answered(11, "SELECT 1")
    assert is_overload(caught.value)
    assert asked.statements("ai4ceo web") == []


def test_what_needs_no_database_is_answered_all_the_same():
    assert answered(11) == b"done"


def test_the_next_request_of_the_thread_has_all_its_time():
    with pytest.raises(OperationalError):
        answered(11, "SELECT 1")
    assert answered(0, "SELECT 1") == b"done"


def test_without_haproxy_nobody_is_believed(settings):
    settings.HAPROXY = False
    assert answered(100, "SELECT 1") == b"done"


@pytest.mark.parametrize("stamp", ["", "t=", "t=-5", "t=1e3", "t=" + "9" * 40, "now"])
def test_a_stamp_that_is_none_tells_nothing(stamp):
    headers = {"X-Request-Start": stamp}
    assert get_queue_time(RequestFactory().get("/", headers=headers)) == 0


def test_a_clock_that_went_back_tells_nothing():
    assert get_queue_time(request(-5)) == 0
