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
    """The settings as they are shipped, in both kinds of pooling."""
    settings.DATABASE_POOLING = request.param
    settings.POOLS = {"web": WEB, "jobs": JOBS}
    settings.POSTGRES = {"web": SERVER, "jobs": SERVER}
    settings.WEB_WORKERS, settings.WEB_THREADS = 2, 16 if request.param == "pgbouncer" else 5
    # Not by the fixture, as Django warns of it: the connections in use are left alone.
    shipped = {
        pool.alias: render_database(pool, SERVER, pooling=request.param, pgbouncer_host="/run")
        for pool in (WEB, JOBS)
    }
    monkeypatch.setattr(django_settings, "DATABASES", shipped)
    return request.param


def found():
    return [(message.id, message.obj) for message in run_checks(tags=[databases.TAG])]


def ids():
    return [code for code, _ in found()]


pooled = pytest.mark.parametrize("pooling", ["pgbouncer"], indirect=True)
direct = pytest.mark.parametrize("pooling", ["direct"], indirect=True)


def test_the_shipped_settings_are_clean():
    assert found() == []


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
def test_a_wrong_setting_is_found_in_its_alias(settings, alias, code, key, value):
    settings.DATABASES[alias][key] = value
    assert found() == [(code, f"DATABASES['{alias}']")]


def test_djangos_own_pool_is_found(settings):
    settings.DATABASES["jobs"]["OPTIONS"]["pool"] = {"max_size": 4}
    assert found() == [("pool.E003", "DATABASES['jobs']")]


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
def test_an_option_that_pgbouncer_does_not_bear_is_found(settings, code, option, value):
    settings.DATABASES["default"]["OPTIONS"][option] = value
    assert found() == [(code, "DATABASES['default']")]


@direct
def test_without_pgbouncer_such_options_do_no_harm(settings):
    settings.DATABASES["default"]["OPTIONS"] |= {"assume_role": "owner", "prepare_threshold": 5}
    settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = False
    settings.DATABASES["default"]["PASSWORD"] = ""
    assert found() == []


@pooled
def test_server_side_cursors_are_found(settings):
    del settings.DATABASES["jobs"]["DISABLE_SERVER_SIDE_CURSORS"]
    assert found() == [("pool.E001", "DATABASES['jobs']")]


@pooled
def test_a_missing_password_is_found(settings):
    settings.DATABASES["default"]["PASSWORD"] = ""
    assert found() == [("pool.E009", "DATABASES['default']")]


def test_two_databases_for_one_site_are_found(settings):
    settings.POSTGRES = {"web": SERVER, "jobs": replace(SERVER, dbname="other")}
    assert ids() == ["pool.E010"]


@pooled
def test_clients_that_pgbouncer_does_not_admit_are_found(settings):
    settings.WEB_WORKERS, settings.WEB_THREADS = 8, 25
    assert ids() == []
    settings.WEB_THREADS = 26
    (message,) = run_checks(tags=[databases.TAG])
    assert message.id == "pool.E011"
    assert "416 clients during a reload" in message.msg
    assert message.hint.startswith("Set POOL_WEB_MAX_CLIENT_CONN=416")


@direct
def test_without_pgbouncer_more_threads_than_connections_are_found(settings):
    settings.WEB_WORKERS, settings.WEB_THREADS = 11, 1
    (message,) = run_checks(tags=[databases.TAG])
    assert message.id == "pool.E012"
    assert message.hint == "Set WEB_WORKERS=2, or POOL_WEB_MAX=11."


def test_every_id_is_given_once_and_every_hint_names_the_alias():
    assert len({rule.id for rule in databases.RULES}) == len(databases.RULES)
    for rule in databases.RULES:
        assert rule.id == "pool.E009" or "DATABASES['x']" in rule.make_message("x").hint
