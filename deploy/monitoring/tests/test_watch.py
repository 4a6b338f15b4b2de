"""deploy/watch says what is missing. The faults use it beside a site."""

import os
import subprocess
from pathlib import Path

import pytest

from config.tests.processes import ROOT

pytestmark = pytest.mark.own_site


@pytest.fixture
def watch(tmp_path):
    def run(*arguments, **environment):
        folder = {"VAR_DIR": str(tmp_path / "var"), "ENV_FILE": str(tmp_path / ".env")}
        done = subprocess.run(
            ["deploy/watch", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | folder | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        return done.stderr

    return run


@pytest.fixture
def path_without_packages(tmp_path):
    """Return a folder with the system's programs, without the packages and their manager."""
    hidden = ("prometheus", "promtool", "apt-get")
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in Path("/usr/bin").iterdir():
        if not program.name.startswith(hidden):
            (folder / program.name).symlink_to(program)
    return str(folder)


def test_rejects_unknown_options(watch):
    assert watch("--slow") == "deploy/watch: unknown option --slow; usage: deploy/watch [--fast]\n"


def test_names_the_missing_packages(watch, path_without_packages):
    error = watch(METRICS="true", PATH=path_without_packages)
    assert "install these with your package manager: prometheus prometheus-alertmanager" in error


def test_needs_metrics(watch):
    assert "set METRICS=true, run deploy/down, then deploy/up" in watch()


def test_needs_a_running_site(watch):
    assert "the site is not running: start it with deploy/up" in watch(METRICS="true")
