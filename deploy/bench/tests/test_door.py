import os
import subprocess
from subprocess import PIPE

import psutil
import pytest
from django.conf import settings

from bench.results import Results
from bench.variants import GET, PATCH

pytestmark = pytest.mark.own_site


class Door:
    """deploy/benchmark, run to its end in a session of its own."""

    def __init__(self, *arguments):
        with subprocess.Popen(
            ["deploy/benchmark", *arguments],
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
            stdout=PIPE,
            stderr=PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            self.stdout, self.stderr = process.communicate(timeout=300)
        self.pid, self.returncode = process.pid, process.returncode

    def left_behind(self):
        return [p.cmdline() for p in psutil.process_iter() if os.getsid(p.pid) == self.pid]


def test_measures_and_leaves_nothing_running(tmp_path):
    load = ["--clients", "8", "--rounds", "1", "--seconds", "1", "--variants", "a,c,f"]
    door = Door(*load, "--output", str(tmp_path / "result"))
    assert door.returncode == 0, door.stdout + door.stderr
    assert door.left_behind() == []
    results = Results.from_json((tmp_path / "result/results.json").read_text())
    turns = [(run.variant, run.request) for run in results.runs]
    assert turns == [(key, GET) for key in "acf"] + [(key, PATCH) for key in "ac"]
    assert min(run.throughput for run in results.runs) > 0
    assert results.failures("a") == 0
    assert results.statements == {"a": {GET: 1, PATCH: 2}, "c": {GET: 5, PATCH: 5}}
    assert 0 < results.connections("a") <= 10
    assert "PgBouncer, web" in {process.kind for process in results.memory["a"]}


def test_an_option_that_it_does_not_know_is_refused_before_anything_starts():
    door = Door("--fast")
    assert door.returncode == 2
    assert "unrecognized arguments: --fast" in door.stderr


def test_tells_its_usage():
    assert "usage: deploy/benchmark" in Door("--help").stdout
