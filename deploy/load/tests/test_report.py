import pytest

from load.caps import Peak
from load.report import HEADING, Report, Row


def make_row(name="all", **overrides):
    numbers = {"count": 1200, "failed": 0, "p50": 21, "p95": 40, "p99": 90, "per_second": 20}
    return Row(name, **numbers | overrides)


def make_report(*, web=10, jobs=2, refused=0, samples=1184, failures=(), errors=(), **total):
    return Report(
        rows=[make_row("home", count=7)],
        total=make_row(**total),
        failures=failures,
        errors=errors,
        jobs=6,
        peaks=[Peak("web", web, 10), Peak("jobs", jobs, 2)],
        samples=samples,
        refused=refused,
    )


def test_a_run_at_the_caps_passes():
    report = make_report()
    assert list(report.list_faults()) == []
    assert str(report).endswith("PASSED: no request failed, no cap was exceeded.")


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        ({"web": 11}, "web had 11 server connections, cap 10"),
        ({"jobs": 3}, "jobs had 3 server connections, cap 2"),
        ({"samples": 0}, "server connections were not sampled"),
        ({"refused": 1}, "PostgreSQL refused 1 connections"),
        ({"failed": 1}, "1 of 1,200 requests failed"),
        ({"count": 0}, "no requests were made"),
        ({"errors": ["seed_experts: no"]}, "seed_experts: no"),
    ],
)
def test_a_fault_fails_the_run(numbers, fault):
    report = make_report(**numbers)
    assert list(report.list_faults()) == [fault]
    assert str(report).endswith(f"FAILED: {fault}.")


def test_the_table_has_a_line_per_request():
    lines = str(make_report(failures=["1 x home: status 500"])).splitlines()
    assert lines[1].split() == HEADING.split()
    assert lines[2].split() == ["home", "7", "0", "21", "40", "90", "20.0"]
    assert len({len(line) for line in lines[1:4]}) == 1
    assert "1 x home: status 500" in lines
