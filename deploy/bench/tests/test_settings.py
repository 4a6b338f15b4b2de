import os
import subprocess
import sys

import pytest
from django.conf import settings

from bench.overrides import OVERRIDES
from bench.variants import MEANINGS, VARIANTS


@pytest.fixture
def site():
    return {name: getattr(settings, name) for name in dir(settings) if name.isupper()}


@pytest.fixture
def variant(site):
    return lambda key: site | OVERRIDES[key](site)


def test_every_other_server_has_overrides():
    servers = {variant.server for variant in VARIANTS.values()} - {"", "a"}
    assert servers == OVERRIDES.keys()
    assert MEANINGS.keys() == VARIANTS.keys()


def test_direct_changes_the_connection_only(site, variant):
    changed = variant("a-direct")
    assert {name for name in site if changed[name] != site[name]} == {"DATABASES"}
    assert changed["DATABASES"]["default"]["HOST"] == site["POSTGRES"]["web"].host
    assert changed["DATABASES"]["default"]["ENGINE"] == "config.database.backend"


@pytest.mark.parametrize("key", ["b", "c", "d"])
def test_stock_uses_djangos_backends(variant, key):
    changed = variant(key)
    assert changed["DATABASES"]["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert changed["SESSION_ENGINE"] == "django.contrib.sessions.backends.db"
    assert "accounts.middleware.AuthenticationMiddleware" not in changed["MIDDLEWARE"]
    assert "django.contrib.auth.middleware.AuthenticationMiddleware" in changed["MIDDLEWARE"]


@pytest.mark.parametrize(("key", "age"), [("b", 0), ("c", 600), ("d", 0)])
def test_stock_sets_conn_max_age(variant, key, age):
    assert variant(key)["DATABASES"]["default"]["CONN_MAX_AGE"] == age


@pytest.mark.parametrize("key", OVERRIDES)
def test_no_variant_changes_workers_or_threads(site, variant, key):
    for name in ("WEB_WORKERS", "WEB_THREADS"):
        assert variant(key)[name] == site[name]


def test_the_settings_need_a_variant():
    done = subprocess.run(
        [sys.executable, "-c", "import bench.settings"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PYTHONPATH": f"deploy:{settings.BASE_DIR}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "These settings are for the benchmark only" in done.stderr
