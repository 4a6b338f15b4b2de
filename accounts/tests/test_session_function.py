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
from config.database.tests.test_session_state import poisoned
from onboarding.models import Preferences

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def run():
    said = StringIO()
    with use_jobs_pool():
        call_command("session_function", stdout=said)
    return said.getvalue()


@pytest.fixture
def key():
    client = Client()
    client.force_login(make_user(name="Ada"))
    return client.session.session_key


def test_setup_site_has_made_it_for_the_web_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure(%s) IS NULL", [BY_KEY.plan.function.signature])
        assert cursor.fetchone() == (False,)
    assert run() == f"{BY_KEY.plan.function.name}: done\n"


def test_it_gives_all_that_the_query_gives(key):
    Preferences.objects.update(traits=["curious", "direct"], experts=[7, 1])
    function = BY_KEY.plan.function
    with connection.cursor() as cursor:
        rows = [cursor.execute(sql, [key]).fetchall() for sql in (function.call, function.query)]
        assert cursor.execute(function.call, ["a" * 32]).fetchall() == []
    assert rows[0] == rows[1]
    assert len(rows[0]) == 1


def test_it_does_not_give_a_session_that_has_ended(key):
    assert BY_KEY.get(key).user.name == "Ada"
    Session.objects.update(expire_date=Session.objects.get().created_at)
    assert BY_KEY.get(key) is None


def test_what_another_client_has_set_does_not_mislead_it(key):
    poisoned("SET search_path = pg_catalog")
    assert BY_KEY.get(key).user.name == "Ada"


def test_where_it_cannot_be_made_that_is_said(settings):
    web = replace(settings.POSTGRES["web"], user="nobody_here")
    settings.POSTGRES = settings.POSTGRES | {"web": web}
    assert "could not be made, so that the session's statement is planned" in run()
