from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks

from config.database.checks import databases
from config.database.dsn import parse_server_url
from config.database.policy import JOBS, WEB
from config.database.render.django import render_database

SERVER = parse_server_url("POSTGRES_URL", "postgresql://ann:s3cret@h/site")


@pytest.fixture(autouse=True, params=["pgbouncer", "direct"])
def pooling(request, monkeypatch, settings):
    """Return the default settings for both kinds of pooling."""
    settings.DATABASE_POOLING = request.param
    settings.POOLS = {"web": WEB, "jobs": JOBS}
    settings.POSTGRES = {"web": SERVER, "jobs": SERVER}
    settings.WEB_WORKERS, settings.WEB_THREADS = 2, 16 if request.param == "pgbouncer" else 5
    # Not by the `settings` fixture, because Django warns; open connections are not affected.
    shipped = {
        pool.alias: render_database(pool, SERVER, pooling=request.param, pgbouncer_host="/run")
        for pool in (WEB, JOBS)
    }
    monkeypatch.setattr(django_settings, "DATABASES", shipped)
    return request.param


def list_messages():
    return [(message.id, message.obj) for message in run_checks(tags=[databases.TAG])]


def list_ids():
    return [code for code, _ in list_messages()]


pooled = pytest.mark.parametrize("pooling", ["pgbouncer"], indirect=True)
direct = pytest.mark.parametrize("pooling", ["direct"], indirect=True)


def test_default_settings_pass():
    assert list_messages() == []


@pytest.mark.parametrize(
    ("code", "key", "value"),
    [
        ("pool.E002", "ATOMIC_REQUESTS", True),
        ("pool.E007", "CONN_MAX_AGE", 0),
        ("pool.E008", "ENGINE", "django.db.backends.postgresql"),
        ("pool.W001", "CONN_MAX_AGE", None),
    ],
)
@pytest.mark.parametrize("alias", ["default", "jobs"])
def test_finds_a_wrong_setting_in_its_alias(settings, alias, code, key, value):
    settings.DATABASES[alias][key] = value
    assert list_messages() == [(code, f"DATABASES['{alias}']")]


def test_finds_djangos_own_pool(settings):
    settings.DATABASES["jobs"]["OPTIONS"]["pool"] = {"max_size": 4}
    assert list_messages() == [("pool.E003", "DATABASES['jobs']")]


@pooled
@pytest.mark.parametrize(
    ("code", "option", "value"),
    [
        ("pool.E004", "options", "-c statement_timeout=1"),
        ("pool.E005", "assume_role", "owner"),
        ("pool.E006", "server_side_binding", True),
        ("pool.E006", "prepare_threshold", 0),
    ],
)
def test_finds_options_that_pgbouncer_rejects(settings, code, option, value):
    settings.DATABASES["default"]["OPTIONS"][option] = value
    assert list_messages() == [(code, "DATABASES['default']")]


@direct
def test_allows_these_options_without_pgbouncer(settings):
    settings.DATABASES["default"]["OPTIONS"] |= {"assume_role": "owner", "prepare_threshold": 5}
    settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = False
    settings.DATABASES["default"]["PASSWORD"] = ""
    assert list_messages() == []


@pooled
def test_finds_server_side_cursors(settings):
    del settings.DATABASES["jobs"]["DISABLE_SERVER_SIDE_CURSORS"]
    assert list_messages() == [("pool.E001", "DATABASES['jobs']")]


@pooled
def test_finds_a_missing_password(settings):
    settings.DATABASES["default"]["PASSWORD"] = ""
    assert list_messages() == [("pool.E009", "DATABASES['default']")]


def test_finds_two_databases(settings):
    settings.POSTGRES = {"web": SERVER, "jobs": replace(SERVER, dbname="other")}
    assert list_ids() == ["pool.E010"]


@pooled
def test_finds_more_clients_than_pgbouncer_admits(settings):
    settings.WEB_WORKERS, settings.WEB_THREADS = 8, 25
    assert list_ids() == []
    settings.WEB_THREADS = 26
    (message,) = run_checks(tags=[databases.TAG])
    assert message.id == "pool.E011"
    assert "416 clients during a reload" in message.msg
    assert message.hint.startswith("Set POOL_WEB_MAX_CLIENT_CONN=416")


@direct
def test_finds_more_threads_than_connections_without_pgbouncer(settings):
    settings.WEB_WORKERS, settings.WEB_THREADS = 11, 1
    (message,) = run_checks(tags=[databases.TAG])
    assert message.id == "pool.E012"
    assert message.hint == "Set WEB_WORKERS=2, or POOL_WEB_MAX=11."


def test_ids_are_unique_and_hints_name_the_alias():
    assert len({rule.id for rule in databases.RULES}) == len(databases.RULES)
    for rule in databases.RULES:
        assert rule.id == "pool.E009" or "DATABASES['x']" in rule.make_message("x").hint
