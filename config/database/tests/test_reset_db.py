"""manage.py reset_db"""

import io
import sys

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import User
from accounts.tests.people import make_user
from config.database.cli import use_jobs_pool
from config.database.management.commands import reset_db
from config.tests.processes import manage, superuser, wait_until
from onboarding.models import Expert

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


@pytest.fixture
def answer(monkeypatch):
    """Return a function that puts a user at the terminal who types its argument."""

    def type_answer(typed):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n"))
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    return type_answer


def reset(**options):
    output = io.StringIO()
    with use_jobs_pool():
        call_command("reset_db", stdout=output, **options)
    return output.getvalue()


def test_empties_the_tables_and_keeps_the_migrations():
    make_user()
    migrations = MigrationRecorder.Migration.objects.count()
    assert "All tables are empty." in reset(no_input=True)
    assert not User.objects.exists()
    assert MigrationRecorder.Migration.objects.count() == migrations > 0


def test_restores_permissions():
    before = set(Permission.objects.values_list("codename", flat=True))
    reset(no_input=True)
    assert set(Permission.objects.values_list("codename", flat=True)) == before != set()


def test_clears_the_cache():
    cache.set("key", "value")
    reset(no_input=True)
    assert cache.get("key") is None


def test_names_database_host_and_consequence(settings, answer):
    answer("yes")
    output = reset()
    server = settings.POSTGRES["jobs"]
    assert f"the database {server.dbname} on {server.host}" in output
    assert "cannot be undone" in output
    assert not User.objects.exists()


@pytest.mark.parametrize("typed", ["no", "", "y", "YES", "yes please"])
def test_any_answer_but_yes_cancels(answer, typed):
    make_user()
    answer(typed)
    with pytest.raises(CommandError, match="cancelled, nothing was deleted"):
        reset()
    assert User.objects.exists()


def test_fails_without_a_terminal(monkeypatch):
    make_user()
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    with pytest.raises(CommandError, match="--no-input"):
        reset()
    assert User.objects.exists()


def test_refuses_on_a_production_site(settings):
    make_user()
    settings.HTTPS = True
    with pytest.raises(CommandError, match=r"production site.*--force"):
        reset(no_input=True)
    assert User.objects.exists()


def test_force_resets_a_production_site(settings):
    make_user()
    settings.HTTPS = True
    reset(no_input=True, force=True)
    assert not User.objects.exists()


def test_force_still_asks(settings, answer):
    make_user()
    settings.HTTPS = True
    answer("no")
    with pytest.raises(CommandError, match="cancelled"):
        reset(force=True)
    assert User.objects.exists()


def test_seeds_afterwards():
    make_user()
    output = reset(no_input=True, seed=True)
    assert "administrator: admin@localhost" in output
    assert User.objects.count() == 1
    assert Expert.objects.count() == 5


def test_waits_only_briefly_for_a_transaction():
    make_user()
    with transaction.atomic():
        assert User.objects.exists()
        with use_jobs_pool(), pytest.raises(OperationalError, match="lock timeout"):
            reset_db.empty_tables(timeout=0)
    assert User.objects.exists()


def test_does_not_block_others_while_it_waits():
    user = make_user()
    with transaction.atomic():
        assert User.objects.exists()
        process = manage("reset_db", "--no-input")
        with superuser() as others:
            wait_until(lambda: is_waiting_for_a_lock(others), 30, "it waits")
            others.execute("SET statement_timeout = '2s'")
            others.execute("SELECT 1 FROM accounts_user WHERE id = %s", [user.pk])
        assert process.poll() is None
    assert process.communicate(timeout=30)[0].endswith("All tables are empty.\n")
    assert not User.objects.exists()


def is_waiting_for_a_lock(connection):
    return connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone()


def test_leaves_no_lock_timeout_behind():
    with use_jobs_pool():
        before = get_lock_timeout()
        call_command("reset_db", no_input=True, stdout=io.StringIO())
        assert get_lock_timeout() == before


def get_lock_timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]
