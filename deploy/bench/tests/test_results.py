from bench.results import Cell, Results
from bench.tests.samples import make_full_results, make_results, make_run
from bench.variants import GET, PATCH


def test_json_round_trip():
    results = make_full_results()
    assert Results.from_json(results.to_json()) == results


def test_json_has_a_line_per_run():
    assert len(make_full_results().to_json().splitlines()) > len(make_full_results().runs)
    assert make_full_results().to_json().count('\n  {"round"') == len(make_full_results().runs)


def test_a_cell_has_medians_all_failures_and_maximum_connections():
    results = make_results(
        make_run(throughput=900.0, p50=9.0, p99=70.0, failures=2, connections=9),
        make_run(throughput=100.0, p50=8.0, p99=20.0, failures=0, connections=10),
        make_run(throughput=800.0, p50=3.0, p99=30.0, failures=1, connections=4),
        make_run(clients=1, throughput=5.0),
    )
    cell = Cell(throughput=800.0, p50=8.0, p99=30.0, failures=3, connections=10)
    assert results.get_cell("a", GET, 32) == cell


def test_unmeasured_cells_are_none():
    assert make_results(make_run()).get_cell("a", PATCH, 32) is None


def test_passes_without_failures_and_within_the_cap():
    assert make_results(make_run(connections=10)).is_passed()
    assert make_results(make_run("c", failures=9, connections=32)).is_passed()


def test_a_failure_of_this_project_fails():
    assert not make_results(make_run(), make_run(failures=1)).is_passed()


def test_a_connection_above_the_cap_fails():
    assert not make_results(make_run(), make_run(connections=11)).is_passed()
