"""`manage.py pools` ends the sessions that hold a slot of a pool to which they do not belong."""

import json
from contextlib import closing
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from config.database.render.slots import get_lock_class
from config.database.tests.servers import connect
from config.tests.processes import superuser, wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def said(*arguments):
    out = StringIO()
    call_command("pools", *arguments, stdout=out)
    return out.getvalue()


def ended():
    return json.loads(said("--json"))["ended"]


def is_gone(session):
    with superuser() as watching:
        look = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        return watching.execute(look, [session.info.backend_pid]).fetchone() is None


def test_a_session_of_another_role_that_holds_a_slot_is_ended_and_named():
    web = get_lock_class(settings.POOLS["web"])
    with closing(superuser()) as stranger:
        stranger.execute("SELECT pg_advisory_lock(%s, 9999)", [web])
        assert f"Ended process {stranger.info.backend_pid} of postgres: it held" in " ".join(
            said().split()
        )
        wait_until(lambda: is_gone(stranger), 5, "it has ended")
    assert ended() == []


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("name", ["web", "jobs"])
def test_a_session_of_no_pgbouncer_that_holds_a_slot_is_ended_and_named(name, forgets):
    role, class_ = settings.POSTGRES[name].user, get_lock_class(settings.POOLS[name])
    with closing(connect(settings.POSTGRES[name])) as direct:
        direct.execute("SELECT enter_pool(%s, 99)", [class_])
        if forgets:
            direct.execute("DISCARD ALL")
        pid = direct.info.backend_pid
        assert ended() == [{"pid": pid, "role": role, "pool": name}]
        wait_until(lambda: is_gone(direct), 5, "it has ended")


def test_what_may_be_another_replicas_is_not_ended(settings):
    settings.REPLICAS = 2
    with closing(connect(settings.POSTGRES["web"])) as direct:
        direct.execute("SELECT enter_pool(%s, 99)", [get_lock_class(settings.POOLS["web"])])
        assert ended() == []
        assert direct.execute("SELECT 1").fetchone() == (1,)


def test_who_holds_no_slot_is_not_ended():
    with closing(connect(settings.POSTGRES["web"])) as direct:
        assert ended() == []
        assert direct.execute("SELECT 1").fetchone() == (1,)
