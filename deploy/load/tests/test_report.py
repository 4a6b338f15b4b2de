import pytest

from load.caps import Peak
from load.report import HEADING, Report, Row


def make_row(name="all", **overrides):
    numbers = {"count": 1200, "failed": 0, "p50": 21, "p95": 40, "p99": 90, "per_second": 20}
    return Row(name, **numbers | overrides)


def make_report(*, web=10, jobs=2, refusals=0, looks=1184, failures=(), complaints=(), **total):
    return Report(
        rows=[make_row("home", count=7)],
        total=make_row(**total),
        failures=failures,
        complaints=complaints,
        jobs=6,
        peaks=[Peak("web", web, 10), Peak("jobs", jobs, 2)],
        looks=looks,
        refusals=refusals,
    )


def test_a_run_at_the_caps_has_passed():
    report = make_report()
    assert list(report.faults()) == []
    assert str(report).endswith("PASSED: no request failed, no cap was passed.")


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        ({"web": 11}, "web had 11 server connections, not 10"),
        ({"jobs": 3}, "jobs had 3 server connections, not 2"),
        ({"looks": 0}, "nobody looked at the server connections"),
        ({"refusals": 1}, "PostgreSQL refused 1 connections"),
        ({"failed": 1}, "1 of 1,200 requests failed"),
        ({"count": 0}, "nobody asked for anything"),
        ({"complaints": ["seed_experts: no"]}, "seed_experts: no"),
    ],
)
def test_a_run_fails_for(numbers, fault):
    report = make_report(**numbers)
    assert list(report.faults()) == [fault]
    assert str(report).endswith(f"FAILED: {fault}.")


def test_the_table_has_a_line_for_each_request_in_columns():
    lines = str(make_report(failures=["1 x home: status 500"])).splitlines()
    assert lines[1].split() == HEADING.split()
    assert lines[2].split() == ["home", "7", "0", "21", "40", "90", "20.0"]
    assert len({len(line) for line in lines[1:4]}) == 1
    assert "1 x home: status 500" in lines
