"""The stock project has none of this project's code in a request's path."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.parametrize("module", ["wsgi", "asgi"])
def test_imports_nothing_of_this_project(module):
    database = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"pool": {"max_size": 4}}}
    names = dict.fromkeys(("NAME", "USER", "PASSWORD", "HOST"), "")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": "deploy",
        "SECRET_KEY": "s",
        "STOCK_DATABASE": json.dumps(database | names),
    }
    code = (
        f"import sys, bench.stock.{module} as server; from django.urls import get_resolver; "
        "get_resolver().url_patterns; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"config", "accounts", "onboarding", "profiles", "tours", "files"}
    assert "bench.stock.api" in done.stdout
