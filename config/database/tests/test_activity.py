"""PostgreSQL's view of the pools, from the rows that it shows."""

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


def test_a_role_s_backends_are_counted_by_state():
    assert summarize_role([IDLE, ACTIVE, IN_TRANSACTION, FAILED], {1, 2, 3}) == RoleStatus(
        backends=4, active=1, idle=1, idle_in_transaction=2, oldest=60.0, abandoned=1
    )


def test_states_that_are_hidden_are_not_called_none():
    assert summarize_role([HIDDEN], {5}) == RoleStatus(
        backends=1, active=None, idle=None, idle_in_transaction=None, oldest=None, abandoned=0
    )


def test_a_role_without_backends_has_nothing_to_hide():
    assert summarize_role([], set()) == RoleStatus(
        backends=0, active=0, idle=0, idle_in_transaction=0, oldest=None, abandoned=0
    )


def test_where_pgbouncer_is_away_nobody_knows_what_is_abandoned():
    assert summarize_role([IDLE], None).abandoned is None


def test_the_backend_that_asks_counts_as_what_it_was_before():
    asking = replace(ACTIVE, is_own_query=True)
    assert exclude_own_query([IDLE, asking], before={1, 2}) == [
        IDLE,
        replace(ACTIVE, state="idle"),
    ]
    assert exclude_own_query([IDLE, asking], before={1}) == [IDLE]


def test_a_reason_is_one_line_without_the_place():
    error = Exception('connection to server on socket "/x" failed: FATAL:  login\n  failed')
    assert summarize(error, 2) == "login failed"
    assert summarize(Exception("connection timeout expired"), 2).startswith("no answer in 2 s; ")
