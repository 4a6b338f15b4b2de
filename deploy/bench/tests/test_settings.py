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
    """The settings of one variant."""
    return lambda key: site | OVERRIDES[key](site)


def test_every_server_but_the_sites_own_has_settings():
    servers = {variant.server for variant in VARIANTS.values()} - {"", "a"}
    assert servers == OVERRIDES.keys()
    assert MEANINGS.keys() == VARIANTS.keys()


def test_direct_changes_only_where_the_connections_lead(site, variant):
    changed = variant("a-direct")
    assert {name for name in site if changed[name] != site[name]} == {"DATABASES"}
    assert changed["DATABASES"]["default"]["HOST"] == site["POSTGRES"]["web"].host
    assert changed["DATABASES"]["default"]["ENGINE"] == "config.database.backend"


@pytest.mark.parametrize("key", ["b", "c", "d"])
def test_stock_is_djangos_own(variant, key):
    changed = variant(key)
    assert changed["DATABASES"]["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert changed["SESSION_ENGINE"] == "django.contrib.sessions.backends.db"
    assert "accounts.middleware.AuthenticationMiddleware" not in changed["MIDDLEWARE"]
    assert "django.contrib.auth.middleware.AuthenticationMiddleware" in changed["MIDDLEWARE"]


@pytest.mark.parametrize(("key", "age"), [("b", 0), ("c", 600), ("d", 0)])
def test_stock_connections_live_as_long_as_the_variant_says(variant, key, age):
    assert variant(key)["DATABASES"]["default"]["CONN_MAX_AGE"] == age


@pytest.mark.parametrize("key", OVERRIDES)
def test_no_variant_changes_how_many_requests_are_served_at_once(site, variant, key):
    for name in ("WEB_WORKERS", "WEB_THREADS"):
        assert variant(key)[name] == site[name]


def test_the_settings_refuse_to_serve_a_site():
    done = subprocess.run(
        [sys.executable, "-c", "import bench.settings"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PYTHONPATH": f"deploy:{settings.BASE_DIR}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "These settings are the benchmark's" in done.stderr
