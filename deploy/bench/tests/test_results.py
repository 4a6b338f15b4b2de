from dataclasses import replace

from bench.pairs import Spread
from bench.results import Results, get_p99, get_throughput
from bench.tests.samples import make_full_results, make_pairs, make_results, make_run
from bench.variants import GET, PATCH


def compare(*runs, value=get_throughput):
    return make_results(*runs).compare("persistent", GET, 32, value)


def test_json_round_trip():
    results = make_full_results()
    assert Results.from_json(results.to_json()) == results


def test_json_has_a_line_per_run():
    assert make_full_results().to_json().count('\n  {"round"') == len(make_full_results().runs)


def test_compares_the_turns_of_each_pair():
    slow = [make_run(throughput=30.0), make_run("persistent", throughput=10.0)]
    fast = [
        make_run(round=1, throughput=200.0),
        make_run("persistent", round=1, throughput=100.0),
    ]
    assert compare(*slow, *fast) == Spread(2.5, 2.25, 2.75, 2)


def test_compares_no_turns_of_other_pairs():
    other = [make_run(round=1, pair="pool"), make_run("pool", round=1, pair="pool")]
    assert compare(*make_pairs(3.0), *other, make_run(round=2)) == Spread(3.0, 3.0, 3.0, 1)


def test_latencies_count_if_each_client_was_answered_twice():
    pairs = [make_run(p99=20.0, responses=64), make_run("persistent", p99=40.0, responses=64)]
    assert compare(*pairs, value=get_p99) == Spread(0.5, 0.5, 0.5, 1)
    for number in (0, 1):
        short = [replace(run, responses=63 + (n == number)) for n, run in enumerate(pairs)]
        assert compare(*short, value=get_p99) is None


def test_a_failed_turn_has_no_ratio():
    assert compare(make_run(), make_run("persistent", throughput=0.0)) is None


def test_a_variants_own_value_is_the_median_of_its_turns():
    runs = [make_run("pool", throughput=value) for value in (900.0, 100.0, 800.0)]
    results = make_results(*runs, make_run("pool", clients=1, throughput=5.0))
    assert results.get_median("pool", GET, 32, get_throughput) == 800.0
    assert results.get_median("pool", PATCH, 32, get_throughput) is None


def test_passes_without_failures_and_within_the_cap():
    assert make_results(make_run(), make_run("pool", failures=9, connections=32)).is_passed()


def test_a_failure_of_this_project_fails():
    assert not make_results(make_run(), make_run(failures=1)).is_passed()


def test_a_connection_above_the_cap_fails():
    assert not make_results(make_run(), make_run(connections=11)).is_passed()
