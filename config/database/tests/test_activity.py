"""The pools' backends and slot holders in PostgreSQL."""

from dataclasses import replace

from config.database.errors import summarize
from config.database.monitor.activity import (
    Backend,
    RoleStatus,
    exclude_own_query,
    summarize_role,
)

IDLE = Backend(1, "web", "idle", 60.0)
ACTIVE = Backend(2, "web", "active", 5.0)
IN_TRANSACTION = Backend(3, "web", "idle in transaction", 1.0)
FAILED = Backend(4, "web", "idle in transaction (aborted)", 1.0)
HIDDEN = Backend(5, "web", None, None)


def test_counts_backends_by_state():
    assert summarize_role([IDLE, ACTIVE, IN_TRANSACTION, FAILED], {1, 2, 3}) == RoleStatus(
        backends=4, active=1, idle=1, idle_in_transaction=2, oldest=60.0, abandoned=1
    )


def test_hidden_states_are_none():
    assert summarize_role([HIDDEN], {5}) == RoleStatus(
        backends=1, active=None, idle=None, idle_in_transaction=None, oldest=None, abandoned=0
    )


def test_role_without_backends_has_zeros():
    assert summarize_role([], set()) == RoleStatus(
        backends=0, active=0, idle=0, idle_in_transaction=0, oldest=None, abandoned=0
    )


def test_abandoned_is_unknown_without_pgbouncer():
    assert summarize_role([IDLE], None).abandoned is None


def test_own_query_is_not_counted():
    asking = replace(ACTIVE, is_own_query=True)
    assert exclude_own_query([IDLE, asking], before={1, 2}) == [
        IDLE,
        replace(ACTIVE, state="idle"),
    ]
    assert exclude_own_query([IDLE, asking], before={1}) == [IDLE]


def test_reason_is_one_line_without_the_host():
    error = Exception('connection to server on socket "/x" failed: FATAL:  login\n  failed')
    assert summarize(error, 2) == "login failed"
    late = Exception("connection timeout expired")
    assert summarize(late, 2.0).startswith("no answer in 2 s; ")
    assert summarize(late, 3, "read1").endswith("or the read1 pool is full")
