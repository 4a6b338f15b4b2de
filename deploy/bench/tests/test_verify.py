"""A wrong statement, response or number fails; test_benchmark.py sees that the right ones pass."""

import json

import pytest

from bench.postgres import find_statements
from bench.variants import ASYNC, GET, LOOKUP, OURS, PATCH, STOCK
from bench.verify import (
    VerificationError,
    check_profiles,
    check_statements,
    compare,
)

CALL = "SELECT * FROM public.lookup_accounts_session_1a2b('key')"
UPSERT = 'INSERT INTO "tours_tour" ("user_id") VALUES (1) ON CONFLICT ("user_id") DO UPDATE SET x'
CONNECT = "SET statement_timeout=15000;DO $$BEGIN PERFORM enter_pool(1,10);END$$"
LOG = """\
2026-01-31 10:00:00.000 UTC [1] web 00000 LOG:  statement: SELECT 1
2026-01-31 10:00:00.000 UTC [1] web 00000 LOG:  statement:{}
2026-01-31 10:00:00.000 UTC [2] web 00000 LOG:  execute _pg3_0: SELECT 2
2026-01-31 10:00:00.000 UTC [2] web 00000 DETAIL:  parameters: $1 = '3'
2026-01-31 10:00:00.000 UTC [3] other 00000 LOG:  statement: SELECT 4
""".format(" ")


def verify(*statements, patterns=OURS[PATCH], times=1):
    check_statements("'site'", statements, patterns, times)


def test_the_right_statements_pass():
    verify(CALL, UPSERT)
    verify(CALL, UPSERT, CALL, UPSERT, times=2)


def test_a_missing_statement_fails():
    with pytest.raises(VerificationError, match=r"INSERT INTO .* 0 times in 1 requests"):
        verify(CALL)


def test_a_repeated_statement_fails():
    with pytest.raises(VerificationError, match=r"'site' ran .* 2 times in 1 requests"):
        verify(CALL, UPSERT, CALL)


def test_another_statement_fails():
    with pytest.raises(VerificationError, match="not expected: SET statement_timeout"):
        verify(CALL, UPSERT, CONNECT)


def test_the_connect_query_is_not_taken_for_the_sessions():
    with pytest.raises(VerificationError, match="0 times"):
        verify(CONNECT, patterns=[LOOKUP])


def test_the_plain_query_is_not_taken_for_the_function():
    plain = 'SELECT "accounts_session"."id" FROM "accounts_session" WHERE session_key = 1'
    with pytest.raises(VerificationError, match="0 times"):
        verify(plain, patterns=OURS[GET])


@pytest.mark.parametrize("patterns", [STOCK, ASYNC])
def test_a_constant_without_statements_fails_for_the_peers(patterns):
    with pytest.raises(VerificationError, match="0 times"):
        verify(patterns=patterns[GET])


def test_another_users_profile_fails():
    bodies = [json.dumps({"email": f"user-{number}@example.org"}) for number in (0, 0)]
    with pytest.raises(VerificationError, match="with the profiles of"):
        check_profiles(bodies)


def test_another_body_fails():
    compare("pool", GET, ['{"a": 1, "b": 2}'], ['{"b":2,"a":1}'])
    with pytest.raises(VerificationError, match="'pool' answers GET /api/profile with"):
        compare("pool", GET, ['{"a": 1}'], ['{"a": 2}'])


def test_finds_the_roles_statements_of_both_protocols():
    assert find_statements(LOG, "web") == ["SELECT 1", "", "SELECT 2"]
