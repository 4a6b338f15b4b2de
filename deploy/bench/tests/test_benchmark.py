import os
import subprocess
from contextlib import suppress
from subprocess import PIPE
from unittest.mock import Mock

import psutil
import pytest
from django.conf import settings

from bench import measure
from bench.__main__ import main
from bench.results import Results
from bench.variants import GET, PATCH
from bench.verify import VerificationError

pytestmark = pytest.mark.own_site


class Benchmark:
    """Run deploy/benchmark to its end in its own session."""

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

    def list_leftovers(self):
        found = psutil.process_iter(["cmdline"])
        return [p.info["cmdline"] for p in found if get_session(p.pid) == self.pid]


def get_session(pid):
    """Return the session of a process, which may have ended."""
    with suppress(ProcessLookupError):
        return os.getsid(pid)


def test_measures_and_leaves_nothing_running(tmp_path):
    load = [
        "--clients",
        "8",
        "--rounds",
        "1",
        "--seconds",
        "1",
        "--variants",
        "persistent,statement",
    ]
    run = Benchmark(*load, "--output", str(tmp_path / "result"))
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.list_leftovers() == []
    results = Results.from_json((tmp_path / "result/results.json").read_text())
    turns = [(turn.variant, turn.request) for turn in results.runs]
    pairs = [("persistent", GET), ("statement", GET), ("persistent", PATCH)]
    assert turns == [(key, request) for other, request in pairs for key in ("site", other)]
    assert min(turn.throughput for turn in results.runs) > 0
    assert results.count_failures("site") == results.count_failures("persistent") == 0
    assert results.statements == {"site": {GET: 1, PATCH: 2}, "persistent": {GET: 5, PATCH: 5}}
    assert 0 < results.get_max_connections("site") <= 10
    assert results.memory["site"] > 0


def test_a_run_that_cannot_verify_the_work_fails(monkeypatch, capsys):
    reason = "'pool' stored 0 of 20 answers"
    monkeypatch.setattr(measure, "measure", Mock(side_effect=VerificationError(reason)))
    assert main([]) == 1
    assert capsys.readouterr().err == f"Nothing was measured: {reason}\n"


def test_rejects_an_unknown_option_before_anything_starts():
    run = Benchmark("--fast")
    assert run.returncode == 2
    assert "unrecognized arguments: --fast" in run.stderr


def test_prints_its_usage():
    assert "usage: deploy/benchmark" in Benchmark("--help").stdout
