from bench.table import render_full, render_short
from bench.tests.samples import make_full_results, make_results, make_run
from bench.variants import GET, PATCH


def test_the_short_table_has_a_line_per_variant():
    line = "| (c) stock, persistent | 400 / 400 | 40 / 40 | 400 / 400 | 40 / 40 | 0 | 10 |  |  |"
    assert line in render_short(make_full_results()).splitlines()


def test_the_short_table_shows_statements_and_memory():
    (line,) = (
        line for line in render_short(make_full_results()).splitlines() if "| (a) this" in line
    )
    assert line.endswith("| 10 | 1 / 2 | 120 |")


def test_the_short_table_names_the_machine():
    assert "on a machine, 2 cores, 8 GB, Debian" in render_short(make_full_results())
    assert "Medians of 1 round(s) of 4 s" in render_short(make_full_results())


def test_the_short_table_counts_the_targets():
    assert "14 of 14 targets reached" in render_short(make_full_results())


def test_leaves_unmeasured_cells_empty():
    line = "| (f) pgbench | 9,000 / - | 3 / - |  |  | 0 | 10 |  |  |"
    assert (
        line in render_short(make_results(make_run("f", throughput=9000.0, p99=3.0))).splitlines()
    )


def test_the_full_table_has_each_number_by_clients():
    lines = render_full(make_full_results()).splitlines()
    for request in (GET, PATCH):
        for title in ("requests/s", "p50, ms", "p99, ms", "failures", "most server connections"):
            assert f"## {request}: {title}" in lines
    assert "| (e) no database | 1,900 | 1,900 | 1,900 |" in lines


def test_the_full_table_has_each_kind_of_process():
    assert "| (a) this project | 2 x 60 (80) | 120 |" in render_full(make_full_results())


def test_latencies_have_three_digits():
    run = make_run(p50=1.2345, p99=1234.5)
    assert "| (a) this project | 1.23 |" in render_full(make_results(run))
    assert "| (a) this project | 1,234 |" in render_full(make_results(run))
