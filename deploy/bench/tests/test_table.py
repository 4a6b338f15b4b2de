from bench.table import render_full, render_short
from bench.tests.samples import make_full_results, make_pairs, make_results
from bench.variants import GET, PATCH


def find_line(start, text):
    (line,) = (line for line in text.splitlines() if line.startswith(start))
    return line


def test_the_short_table_has_the_ratios_of_each_variant():
    line = find_line("| stock, persistent |", render_short(make_full_results()))
    assert "| 3.50 (3.50 to 3.50) | 0.50 (0.50 to 0.50) | 3.50" in line


def test_the_short_table_shows_statements_connections_failures_and_memory():
    line = find_line("| this project |", render_short(make_full_results()))
    assert line.endswith("| 1 / 2 | 10 | 0 | 120 |")


def test_the_short_table_names_the_machine():
    assert "on a machine, 2 cores, 8 GB, Debian" in render_short(make_full_results())
    assert "3 round(s) of turns of 4 s" in render_short(make_full_results())


def test_the_short_table_counts_the_targets():
    assert "11 of 11 targets met" in render_short(make_full_results())


def test_says_when_nothing_can_be_concluded():
    line = find_line(
        f"| {GET}: throughput against stock", render_short(make_results(*make_pairs(1, 3, 5)))
    )
    assert line.endswith("| >= 3.0 | 32: 3.00 (2.00 to 4.00) | **not conclusive** |")


def test_tells_where_the_time_goes():
    parts = make_pairs(0.5, 0.6, 0.7, pair="constant") + make_pairs(0.1, 0.1, 0.2, pair="statement")
    text = render_short(make_results(*parts))
    assert "60% is what it takes without" in text
    assert "10% is the session's" in text
    assert "The other 30% is" in text
    assert "Of a GET's time" not in render_short(make_results(*parts[:-2]))


def test_the_full_table_has_each_number_by_clients():
    lines = render_full(make_full_results()).splitlines()
    for request in (GET, PATCH):
        for title in ("requests/s", "p99, ms"):
            assert f"## {request}: {title}" in lines
    ratios = " | ".join(["100; 3.00 (3.00 to 3.00)"] * 3)
    assert f"| stock, Django's pool | {ratios} |" in lines
