"""The function that keeps a lookup's plan."""

from dataclasses import replace

import pytest
from django.conf import settings
from django.db import connection, transaction

from config.database import functions, lookup
from config.database.backend import session_state
from config.database.cli import use_jobs_pool
from config.database.lookup import Lookup
from config.tests.processes import ServerLog, superuser
from onboarding.models import Expert
from onboarding.tests.experts import make_expert

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


@pytest.fixture
def by_slug():
    """A lookup of which no function has been made yet."""
    yield Lookup(lambda slug: Expert.objects.filter(slug=slug))
    with superuser() as administrator:
        for name in made(administrator):
            administrator.execute(f"DROP FUNCTION {name}")


def made(administrator):
    rows = administrator.execute(
        "SELECT oid::regprocedure FROM pg_proc WHERE proname ~ '^lookup_onboarding_' ORDER BY oid"
    )
    return [f"public.{name.removeprefix('public.')}" for (name,) in rows]


def keep(*kept):
    with use_jobs_pool():
        for function in kept:
            functions.keep(function, settings.POSTGRES["web"].user)


def there():
    with superuser() as administrator:
        return made(administrator)


def statements(act):
    log = ServerLog()
    act()
    return log.statements("ai4ceo web")


def earlier(function, number):
    """What another release has."""
    return replace(function, query=f"{function.query} OFFSET {number}")


def test_one_statement_calls_it(by_slug):
    expert = make_expert(slug="law")
    function = by_slug.plan.function
    keep(function)
    found = []
    (said,) = statements(lambda: found.append(by_slug.get("law")))
    assert said == f"SELECT * FROM {function.name}('law')"
    assert found == [expert]


def test_readers_that_exist_may_call_it(by_slug):
    function = by_slug.plan.function
    with use_jobs_pool():
        for readers in ([], ["pg_monitor", "nobody_here"]):
            functions.keep(function, settings.POSTGRES["web"].user, readers)
    with superuser() as administrator:
        query = "SELECT has_function_privilege(%s, to_regprocedure(%s), 'EXECUTE')"
        for role, expected in (("pg_monitor", True), ("pg_read_all_stats", False)):
            found = administrator.execute(query, [role, function.signature]).fetchone()
            assert found == (expected,)


def test_it_gives_the_rows_that_the_query_gives(by_slug):
    make_expert(slug="law", icon="⚖", is_active=False)
    function = by_slug.plan.function
    keep(function)
    with connection.cursor() as cursor:
        rows = [cursor.execute(sql, ["law"]).fetchall() for sql in (function.call, function.query)]
    assert rows[0] == rows[1]


def test_where_it_is_missing_the_query_serves_and_it_is_tried_again_after_a_while(
    by_slug, monkeypatch
):
    expert = make_expert(slug="law")
    assert by_slug.get("law") == expert
    keep(by_slug.plan.function)
    (said,) = statements(lambda: by_slug.get("law"))
    assert said.startswith('SELECT "onboarding_expert"')
    monkeypatch.setattr(by_slug, "plain_until", by_slug.plain_until - lookup.PAUSE)
    (said,) = statements(lambda: by_slug.get("law"))
    assert said == f"SELECT * FROM {by_slug.plan.function.name}('law')"


def test_that_it_is_missing_is_logged_once_without_the_statement(by_slug, caplog):
    assert by_slug.get("law") is None
    assert by_slug.get("law") is None
    (said,) = caplog.messages
    assert "setup_site" in said
    assert f"{by_slug.plan.function.name}(unknown) does not exist" in said
    assert "LINE 1" not in said


def test_that_it_is_missing_renews_no_connections(by_slug, monkeypatch):
    monkeypatch.setattr(session_state, "_genuine", {})
    monkeypatch.setattr(session_state, "_reconnected", {})
    assert by_slug.get("law") is None
    assert session_state._reconnected == {}


def test_one_that_does_not_fit_the_table_any_more_is_not_called_either(by_slug, monkeypatch):
    expert = make_expert(slug="law")
    function = replace(by_slug.plan.function, types=("text",) * len(by_slug.plan.function.types))
    monkeypatch.setattr(by_slug.plan, "function", function)
    keep(function)
    assert by_slug.get("law") == expert


def test_no_transaction_is_broken_by_its_want(by_slug):
    expert = make_expert(slug="law")
    with transaction.atomic():
        assert by_slug.get("law") == expert
        assert by_slug.get("law") == expert


def test_only_the_role_may_call_it_and_it_has_no_rights_of_its_own(by_slug):
    keep(by_slug.plan.function)
    with superuser() as administrator:
        (row,) = administrator.execute(
            "SELECT prosecdef, provolatile, NOT 0 = ANY (SELECT grantee FROM aclexplode(proacl)) "
            "FROM pg_proc WHERE oid = to_regprocedure(%s)",
            [by_slug.plan.function.signature],
        )
    assert row == (False, "s", True)


def test_again_it_is_left_alone(by_slug):
    def version():
        rows = administrator.execute(
            "SELECT xmin FROM pg_proc WHERE oid = to_regprocedure(%s)",
            [by_slug.plan.function.signature],
        )
        return rows.fetchall()

    keep(by_slug.plan.function)
    with superuser() as administrator:
        before = version()
        keep(by_slug.plan.function)
        assert version() == before


def test_the_release_before_keeps_its_own_and_an_older_one_does_not(by_slug):
    now = by_slug.plan.function
    first, second = earlier(now, 1), earlier(now, 2)
    keep(first, second)
    assert there() == [first.signature, second.signature]
    keep(now)
    assert there() == [second.signature, now.signature]


def test_one_that_came_back_is_not_the_oldest(by_slug):
    now = by_slug.plan.function
    first, second = earlier(now, 1), earlier(now, 2)
    keep(first, second, first, now)
    assert there() == [first.signature, now.signature]


def test_another_lookups_are_not_outdated(by_slug):
    function = by_slug.plan.function
    other = replace(function, kind="onboarding_another")
    keep(other, earlier(other, 1), function, earlier(function, 1))
    assert len(there()) == 4
