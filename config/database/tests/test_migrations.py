from io import StringIO

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection

from config.database.cli import use_jobs_pool

pytestmark = pytest.mark.django_db


def run(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def list_statements(sql):
    lines = [line for line in sql.splitlines() if not line.startswith("--")]
    bare = "".join("".join(lines).split()).replace('"', "")
    return [part for part in bare.split(";") if part not in ("", "BEGIN", "COMMIT")]


def test_migrate_creates_the_table_like_createcachetable(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "another",
        }
    }
    theirs = list_statements(run("createcachetable", "another", dry_run=True))
    ours = list_statements(run("sqlmigrate", "database", "0001"))
    assert [statement.replace("another", "cache") for statement in theirs] == ours


def test_shared_cache_works():
    cache = caches["default"]
    cache.set("greeting", "hello", 60)
    assert cache.get("greeting") == "hello"
    assert connection.cursor().execute("SELECT FROM cache").rowcount == 1


@pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
def test_migration_is_reversible():
    with use_jobs_pool():
        call_command("migrate", "database", "zero", verbosity=0)
        assert "cache" not in connection.introspection.table_names()
        call_command("migrate", "database", verbosity=0)
        assert "cache" in connection.introspection.table_names()
