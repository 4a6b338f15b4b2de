from bench.results import Cell, Results
from bench.tests.made_up import everything, make_results, make_run
from bench.variants import GET, PATCH


def test_survive_their_file():
    results = everything()
    assert Results.from_json(results.to_json()) == results


def test_have_one_line_for_each_run():
    assert len(everything().to_json().splitlines()) > len(everything().runs)
    assert everything().to_json().count('\n  {"round"') == len(everything().runs)


def test_a_cell_is_the_median_of_its_rounds_with_every_failure_and_the_most_connections():
    results = make_results(
        make_run(throughput=900.0, p50=9.0, p99=70.0, failures=2, connections=9),
        make_run(throughput=100.0, p50=8.0, p99=20.0, failures=0, connections=10),
        make_run(throughput=800.0, p50=3.0, p99=30.0, failures=1, connections=4),
        make_run(clients=1, throughput=5.0),
    )
    cell = Cell(throughput=800.0, p50=8.0, p99=30.0, failures=3, connections=10)
    assert results.cell("a", GET, 32) == cell


def test_what_was_not_measured_has_no_cell():
    assert make_results(make_run()).cell("a", PATCH, 32) is None


def test_hold_as_long_as_nothing_failed_below_the_cap():
    assert make_results(make_run(connections=10)).holds()
    assert make_results(make_run("c", failures=9, connections=32)).holds()


def test_a_failure_of_this_project_breaks_them():
    assert not make_results(make_run(), make_run(failures=1)).holds()


def test_a_connection_above_the_cap_breaks_them():
    assert not make_results(make_run(), make_run(connections=11)).holds()
