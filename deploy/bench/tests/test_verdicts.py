from bench.tests.made_up import everything, make_results, make_run
from bench.variants import GET, PATCH
from bench.verdicts import verdicts


def verdict(target, *runs, **overrides):
    """What is said of the one target that has these words in it."""
    (found,) = (v for v in verdicts(make_results(*runs, **overrides)) if target in v.target)
    return found.measured, found.outcome


def test_all_targets_are_reached_where_the_numbers_are_good():
    assert {v.outcome for v in verdicts(everything())} == {"reached"}


def test_a_ratio_is_told_for_32_clients_and_for_all():
    runs = [make_run(clients=1, throughput=300.0), make_run(throughput=250.0)]
    others = [make_run("c", clients=clients, throughput=100.0) for clients in (1, 32)]
    told = verdict(f"{GET}: at least 2.0 x", *runs, *others)
    assert told == ("2.50 (2.50 to 3.00) x", "reached")


def test_a_ratio_that_is_missed_says_where_and_by_how_much():
    runs = [make_run(clients=1, throughput=150.0), make_run(throughput=250.0)]
    others = [make_run("c", clients=clients, throughput=100.0) for clients in (1, 32)]
    _, outcome = verdict(f"{GET}: at least 2.0 x", *runs, *others)
    assert outcome == "missed at 1 clients, by up to 25.0%"


def test_a_longer_p99_is_missed():
    told = verdict(f"{GET}: p99", make_run(p99=60.0), make_run("c", p99=50.0))
    assert told == ("1.20 x", "missed at 32 clients, by up to 20.0%")


def test_half_of_the_frameworks_own_limit_is_reached():
    told = verdict(f"{GET}: at least 0.5 x", make_run(), make_run("e", throughput=2000.0))
    assert told == ("0.50 x", "reached")


def test_a_pgbouncer_that_costs_too_much_is_missed():
    told = verdict(f"{GET}: PgBouncer", make_run(), make_run("a-direct", throughput=2000.0))
    assert told == ("0.50 x", "missed at 32 clients, by up to 44.4%")


def test_less_throughput_at_1000_clients_is_missed():
    told = verdict(f"{GET}: at 1,000", make_run(), make_run(clients=1000, throughput=450.0))
    assert told == ("0.45 x", "missed by 50.0%")


def test_failures_are_counted():
    assert verdict("0 failures", make_run(failures=3)) == ("3", "missed by 3")


def test_connections_above_the_cap_are_counted():
    assert verdict("at most 10 server", make_run(connections=12)) == ("12", "missed by 2")


def test_a_statement_too_many_is_missed():
    counted = {"a": {GET: 1.0, PATCH: 3.0}}
    assert verdict(f"{PATCH}: 2 statements", statements=counted) == ("3", "missed by 1")


def test_what_was_not_measured_is_not_judged():
    unjudged = verdicts(make_results(make_run("c"), statements={}))
    assert {v.outcome for v in unjudged} == {"not measured"}
