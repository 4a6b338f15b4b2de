"""`manage.py pools` ends sessions that hold another pool's slot."""

import json
from contextlib import closing
from dataclasses import replace
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from config.database.render.slots import get_lock_class
from config.database.tests.servers import connect
from config.tests.processes import superuser, wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def run(*arguments):
    out = StringIO()
    call_command("pools", *arguments, stdout=out)
    return out.getvalue()


def list_ended():
    return json.loads(run("--json"))["ended"]


def is_gone(session):
    with superuser() as watching:
        look = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        return watching.execute(look, [session.info.backend_pid]).fetchone() is None


def test_ends_and_names_another_roles_session_with_a_slot():
    web = get_lock_class(settings.POOLS["web"])
    with closing(superuser()) as other:
        other.execute("SELECT pg_advisory_lock(%s, 9999)", [web])
        assert f"Ended process {other.info.backend_pid} of postgres: it held" in " ".join(
            run().split()
        )
        wait_until(lambda: is_gone(other), 30, "it has ended")
    assert list_ended() == []


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("name", ["web", "jobs"])
def test_ends_and_names_a_direct_session_with_a_slot(name, forgets):
    role, class_ = settings.POSTGRES[name].user, get_lock_class(settings.POOLS[name])
    with closing(connect(settings.POSTGRES[name])) as direct:
        direct.execute("SELECT enter_pool(%s, 99)", [class_])
        if forgets:
            direct.execute("DISCARD ALL")
        pid = direct.info.backend_pid
        assert list_ended() == [{"pid": pid, "role": role, "pool": name}]
        wait_until(lambda: is_gone(direct), 30, "it has ended")


def test_keeps_sessions_that_may_be_another_hosts(settings):
    settings.POOLS = {name: replace(pool, hosts=2) for name, pool in settings.POOLS.items()}
    with closing(connect(settings.POSTGRES["web"])) as direct:
        direct.execute("SELECT enter_pool(%s, 99)", [get_lock_class(settings.POOLS["web"])])
        assert list_ended() == []
        assert direct.execute("SELECT 1").fetchone() == (1,)


def test_keeps_sessions_without_a_slot():
    with closing(connect(settings.POSTGRES["web"])) as direct:
        assert list_ended() == []
        assert direct.execute("SELECT 1").fetchone() == (1,)
