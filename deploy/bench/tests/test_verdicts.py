from bench.tests.samples import make_full_results, make_results, make_run
from bench.variants import GET, PATCH
from bench.verdicts import judge_results


def judge(target, *runs, **overrides):
    """Return the measured value and the outcome of the target that contains `target`."""
    (verdict,) = (v for v in judge_results(make_results(*runs, **overrides)) if target in v.target)
    return verdict.measured, verdict.outcome


def test_good_results_reach_all_targets():
    assert {v.outcome for v in judge_results(make_full_results())} == {"reached"}


def test_shows_a_ratio_for_32_clients_and_for_all():
    runs = [make_run(clients=1, throughput=300.0), make_run(throughput=250.0)]
    others = [make_run("c", clients=clients, throughput=100.0) for clients in (1, 32)]
    outcome = judge(f"{GET}: at least 2.0 x", *runs, *others)
    assert outcome == ("2.50 (2.50 to 3.00) x", "reached")


def test_a_missed_ratio_shows_where_and_by_how_much():
    runs = [make_run(clients=1, throughput=150.0), make_run(throughput=250.0)]
    others = [make_run("c", clients=clients, throughput=100.0) for clients in (1, 32)]
    _, outcome = judge(f"{GET}: at least 2.0 x", *runs, *others)
    assert outcome == "missed at 1 clients, by up to 25.0%"


def test_a_longer_p99_is_missed():
    outcome = judge(f"{GET}: p99", make_run(p99=60.0), make_run("c", p99=50.0))
    assert outcome == ("1.20 x", "missed at 32 clients, by up to 20.0%")


def test_half_of_the_frameworks_throughput_is_reached():
    outcome = judge(f"{GET}: at least 0.5 x", make_run(), make_run("e", throughput=2000.0))
    assert outcome == ("0.50 x", "reached")


def test_a_slow_pgbouncer_is_missed():
    outcome = judge(f"{GET}: PgBouncer", make_run(), make_run("a-direct", throughput=2000.0))
    assert outcome == ("0.50 x", "missed at 32 clients, by up to 44.4%")


def test_less_throughput_at_1000_clients_is_missed():
    outcome = judge(f"{GET}: at 1,000", make_run(), make_run(clients=1000, throughput=450.0))
    assert outcome == ("0.45 x", "missed by 50.0%")


def test_failures_are_counted():
    assert judge("0 failures", make_run(failures=3)) == ("3", "missed by 3")


def test_connections_above_the_cap_are_counted():
    assert judge("at most 10 server", make_run(connections=12)) == ("12", "missed by 2")


def test_an_extra_statement_is_missed():
    statements = {"a": {GET: 1.0, PATCH: 3.0}}
    assert judge(f"{PATCH}: 2 statements", statements=statements) == ("3", "missed by 1")


def test_does_not_judge_unmeasured_targets():
    unjudged = judge_results(make_results(make_run("c"), statements={}))
    assert {v.outcome for v in unjudged} == {"not measured"}
