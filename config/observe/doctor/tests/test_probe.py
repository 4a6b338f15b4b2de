import threading

import pytest
from django.db import connection, connections

from config.observe.doctor.probe import Probe, Problem, parse_version, run


def test_returns_the_problems():
    problem = Problem("it is broken", "mend it")
    result = run(Probe("a part", lambda: [problem]))
    assert (result.name, result.problems) == ("a part", (problem,))
    assert result.to_dict()["ok"] is False


def test_an_exception_is_a_problem():
    def fail():
        raise OSError("token=s3cr3t\nof ada@example.org")

    (problem,) = run(Probe("a part", fail)).problems
    assert problem.message == "token=*** of ***"


def test_a_probe_that_hangs_is_left():
    over = threading.Event()

    def hang():
        yield Problem("seen before", "mend it")
        over.wait(60)

    result = run(Probe("a part", hang), limit=0.1)
    over.set()
    messages = [problem.message for problem in result.problems]
    assert messages == ["seen before", "no answer within 0.1 s"]
    assert result.seconds < 10


@pytest.mark.django_db(transaction=True)
def test_closes_its_connection():
    seen = []

    def look():
        connection.ensure_connection()
        seen.append(connections["default"])
        return []

    assert run(Probe("a part", look)).problems == ()
    assert seen[0].connection is None


def test_reads_versions():
    assert parse_version("2.6.12-1+deb12u4") == (2, 6, 12)
    assert parse_version("1.24") > (1, 18)
    assert parse_version("unknown") == (0,)
