"""Which failures are retried, and for how long."""

import psycopg
import pytest
from psycopg.errors import ProtocolViolation

from config.database.backend import retry
from config.database.backend.retry import RetryBudget


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Return a clock that only sleep() advances."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

        def sleep(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(retry, "time", clock)
    return clock


@pytest.mark.parametrize(
    ("message", "waits"),
    [
        ("connection failed: Connection refused", True),
        ("server closed the connection unexpectedly", True),
        ("FATAL:  pooler is shutting down", True),
        ("FATAL:  server login has been failing, try again later (server_login_retry)", True),
        ("FATAL:  server login has been failing, cached error: connect failed", True),
        ("FATAL:  the database system is starting up", True),
        ("FATAL:  password authentication failed", False),
        ("FATAL:  query_wait_timeout", False),
        ("connection timeout expired", False),
        ("FATAL:  no more connections allowed (max_client_conn)", False),
    ],
)
def test_login_waits_only_for_transient_errors(message, waits):
    assert RetryBudget().allows_login(psycopg.OperationalError(message)) is waits


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (psycopg.OperationalError("the connection is lost"), True),
        (ProtocolViolation("pooler is shutting down"), True),
        (ProtocolViolation("server login has been failing, try again later"), True),
        (ProtocolViolation("query_wait_timeout"), False),
        (psycopg.DataError("server login has been failing"), False),
        (None, False),
    ],
)
def test_statement_is_retried_only_if_it_did_not_run(error, again):
    assert RetryBudget().allows_statement(error) is again


def count_retries(again, error):
    count = 0
    while again(error):
        count += 1
        assert count < 100
    return count


def test_waits_for_the_server_as_long_as_a_restart(clock):
    refused = psycopg.OperationalError("server login has been failing")
    assert count_retries(RetryBudget().allows_statement, refused) == 8
    assert clock.now == 100 + retry.RESTART_WAIT


def test_statement_and_login_share_the_budget(clock):
    refused, both = psycopg.OperationalError("server login has been failing"), RetryBudget()
    assert both.allows_statement(refused)
    count_retries(both.allows_login, refused)
    assert clock.now == 100 + retry.RESTART_WAIT


def test_retries_a_loss_three_times():
    assert count_retries(RetryBudget().allows_statement, psycopg.OperationalError("lost")) == 3


def test_budget_is_limited_to_the_time_left(clock):
    refused = psycopg.OperationalError("server login has been failing")
    assert count_retries(RetryBudget(0.5).allows_login, refused) == 2
    assert clock.now == 100.5
