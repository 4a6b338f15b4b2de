"""Which statements are known only to read."""

import pytest

from accounts.models import User
from accounts.sessions import BY_KEY
from config.database.backend.plain_reads import is_plain_read
from onboarding.models import Expert


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT nextval('x')",
        "SELECT pg_advisory_lock(1)",
        "SELECT set_config('search_path', '', false)",
        "SELECT f()",
        "SELECT 1 WHERE f (1) IS NULL",
        'SELECT "count"(1)',
        "SELECT other.count(1)",
        "SELECT * FROM private.lookup_x('a')",
        "SELECT * FROM public.lookup_x(f('a'))",
        "SELECT f/**/()",
        "SELECT f--\n()",
        "SELECT * INTO copied FROM accounts_user",
        "SELECT id FROM accounts_user FOR  UPDATE",
        "SELECT id FROM accounts_user\nFOR SHARE",
        "SELECT 1; DELETE FROM accounts_user",
        "WITH gone AS (DELETE FROM accounts_user RETURNING 1) SELECT 1",
        "UPDATE accounts_user SET name = name",
        "BEGIN",
        "",
    ],
)
def test_statement_that_may_write_is_not_plain(statement):
    assert not is_plain_read(statement)


@pytest.mark.django_db
def test_the_sites_reads_are_plain():
    people = User.objects.filter(sessions__isnull=False, name__icontains="a").distinct()
    queries = [people, Expert.objects.exclude(pk__in=Expert.objects.filter(name="x"))]
    assert all(is_plain_read(str(one.query)) for one in queries)
    assert is_plain_read(BY_KEY.plan.function.query)
    assert is_plain_read(BY_KEY.plan.function.call)
    assert is_plain_read("SELECT 1")
    assert is_plain_read('SELECT COUNT(*) FROM (SELECT DISTINCT "a"."b" FROM "a") subquery')
