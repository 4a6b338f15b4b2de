from bench.plan import STEADY
from bench.targets import judge_results
from bench.tests.samples import make_full_results, make_pairs, make_results, make_run
from bench.variants import GET, PATCH

STOCK = "throughput against stock, persistent"


def judge(target, *runs):
    """Return the measured value and the verdict of this target."""
    (found,) = (one for one in judge_results(make_results(*runs)) if one.target == target)
    return found.measured, found.verdict


def test_good_results_meet_all_targets():
    assert {one.verdict for one in judge_results(make_full_results())} == {"met"}


def test_shows_the_range_by_clients():
    runs = make_pairs(3.0, 3.2, 3.4) + make_pairs(4.0, 4.0, 4.0, clients=1)
    measured, verdict = judge(f"{GET}: {STOCK}", *runs)
    assert measured == "1: 4.00 (4.00 to 4.00); 32: 3.20 (3.10 to 3.30)"
    assert verdict == "met"


def test_a_miss_shows_where():
    runs = make_pairs(3.0, 3.2, 3.4) + make_pairs(2.0, 2.0, 2.0, clients=1)
    assert judge(f"{GET}: {STOCK}", *runs)[1] == "missed at 1"


def test_a_wide_range_is_not_conclusive():
    runs = make_pairs(3.0, 3.2, 3.4) + make_pairs(2.0, 3.1, 4.0, clients=1000)
    assert judge(f"{GET}: {STOCK}", *runs)[1] == "not conclusive at 1,000"


def test_a_single_client_has_its_own_limit():
    at_one = make_pairs(1.6, 1.6, 1.6, request=PATCH, clients=1)
    assert judge(f"{PATCH}: {STOCK}", *at_one)[1] == "met"
    at_eight = make_pairs(1.6, 1.6, 1.6, request=PATCH, clients=8)
    assert judge(f"{PATCH}: {STOCK}", *at_eight)[1] == "missed"


def test_a_long_p99_is_missed():
    assert judge(f"{GET}: p99 against stock, persistent", *make_pairs(3, 3, 3))[1] == "missed"


def test_nothing_is_concluded_from_truncated_latencies():
    runs = make_pairs(3, 3, 3, clients=1000, responses=1500)
    found = judge(f"{GET}: p99 against stock, persistent", *runs)
    assert found == ("1,000: too few", "not conclusive")


def test_less_throughput_at_1000_clients_is_missed():
    runs = make_pairs(0.8, 0.9, 0.9, pair=STEADY, clients=1000, other={"clients": 32})
    found = judge(f"{GET}: throughput at 1,000 clients against 32", *runs)
    assert found == ("0.90 (0.85 to 0.90)", "missed")


def test_failures_are_counted():
    assert judge("failures", make_run(failures=3)) == ("3", "missed")


def test_connections_above_the_cap_are_counted():
    assert judge("server connections", make_run(connections=12)) == ("12", "missed")


def test_does_not_judge_what_was_not_measured():
    measured = make_pairs(3.0, 3.2, 3.4, pair="pool")
    verdicts = [one.verdict for one in judge_results(make_results(*measured))]
    assert verdicts == ["not measured"] * 9 + ["met"] * 2
