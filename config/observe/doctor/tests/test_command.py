import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config.management.commands import doctor
from config.observe.doctor.probe import Probe, Problem
from config.tests.processes import free_port, manage

GOOD = Probe("storage", list)
BAD = Probe("disk", lambda: [Problem("9% is free", "Remove something.")])


@pytest.fixture
def run(monkeypatch):
    def run(*probes, **options):
        monkeypatch.setattr(doctor, "PROBES", probes)
        output = StringIO()
        error = ""
        try:
            call_command("doctor", stdout=output, **options)
        except CommandError as raised:
            error = str(raised)
        return output.getvalue(), error

    return run


def test_prints_what_is_well(run):
    assert run(GOOD) == ("storage      ok\n", "")


def test_prints_what_is_wrong_and_the_next_step(run):
    output, error = run(GOOD, BAD)
    assert output.splitlines()[1:] == [
        "disk         wrong",
        "    9% is free",
        "    -> Remove something.",
    ]
    assert error == "1 problem found."


def test_prints_json(run):
    output, error = run(GOOD, BAD, as_json=True)
    good, bad = json.loads(output)
    assert (good["ok"], good["problems"]) == (True, [])
    assert bad["problems"] == [{"message": "9% is free", "step": "Remove something."}]
    assert error


def test_a_real_run_without_pgbouncer_ends_and_looks_at_the_rest():
    port = str(free_port())
    process = manage("doctor", "--json", POOL_WEB_PORT=port, POOL_JOBS_PORT=str(free_port()))
    output, error = process.communicate(timeout=120)
    results = {result["name"]: result for result in json.loads(output)}
    assert process.returncode == 1
    assert "problems found" in error
    assert not any(results[name]["ok"] for name in ("pools", "migrations", "clock", "mail queue"))
    assert results["storage"]["ok"]
    assert "does not answer" in results["pools"]["problems"][0]["message"]
