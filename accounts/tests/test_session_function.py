"""manage.py session_function"""

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models import Session
from accounts.sessions import BY_KEY
from accounts.tests.people import make_user
from config.database.cli import use_jobs_pool
from config.database.tests.test_session_state import leave_settings
from onboarding.models import Preferences

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def run():
    output = StringIO()
    with use_jobs_pool():
        call_command("session_function", stdout=output)
    return output.getvalue()


@pytest.fixture
def key():
    client = Client()
    client.force_login(make_user(name="Ada"))
    return client.session.session_key


def test_function_exists_for_web_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure(%s) IS NULL", [BY_KEY.plan.function.signature])
        assert cursor.fetchone() == (False,)
    assert run() == f"{BY_KEY.plan.function.name}: done\n"


def test_function_returns_same_row_as_query(key):
    Preferences.objects.update(traits=["curious", "direct"], experts=[7, 1])
    function = BY_KEY.plan.function
    with connection.cursor() as cursor:
        rows = [cursor.execute(sql, [key]).fetchall() for sql in (function.call, function.query)]
        assert cursor.execute(function.call, ["a" * 32]).fetchall() == []
    assert rows[0] == rows[1]
    assert len(rows[0]) == 1


def test_function_ignores_expired_sessions(key):
    assert BY_KEY.get(key).user.name == "Ada"
    Session.objects.update(expire_date=Session.objects.get().created_at)
    assert BY_KEY.get(key) is None


def test_function_ignores_search_path(key):
    leave_settings("SET search_path = pg_catalog")
    assert BY_KEY.get(key).user.name == "Ada"


def test_reports_missing_privileges(settings):
    web = replace(settings.POSTGRES["web"], user="nobody_here")
    settings.POSTGRES = settings.POSTGRES | {"web": web}
    assert "could not be created, so the session's statement is planned" in run()
