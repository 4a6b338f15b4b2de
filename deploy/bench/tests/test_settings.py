import os
import subprocess
import sys

import pytest
from django.conf import settings

from bench.overrides import OVERRIDES


@pytest.fixture
def site():
    return {name: getattr(settings, name) for name in dir(settings) if name.isupper()}


@pytest.fixture
def variant(site):
    return lambda key: site | OVERRIDES[key](site)


def test_direct_changes_the_connection_only(site, variant):
    changed = variant("direct")
    assert {name for name in site if changed[name] != site[name]} == {"DATABASES"}
    assert changed["DATABASES"]["default"]["HOST"] == site["POSTGRES"]["web"].host
    assert changed["DATABASES"]["default"]["ENGINE"] == "config.database.backend"


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
