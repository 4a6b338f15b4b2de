import pytest

from bench.pairs import Spread, Verdict, join


def judge(*ratios, limit=2.0, **options):
    return Spread.of(ratios).judge(limit, **options)


def test_a_spread_has_the_median_and_the_quartiles():
    assert Spread.of([5.0, 1.0, 2.0, 4.0, 3.0]) == Spread(3.0, 2.0, 4.0, 5)
    assert Spread.of([1.0, 2.0]) == Spread(1.5, 1.25, 1.75, 2)


def test_one_ratio_is_its_own_range():
    assert str(Spread.of([2.0])) == "2.00 (2.00 to 2.00)"


def test_nothing_has_no_spread():
    assert Spread.of([]) is None


def test_a_range_above_the_limit_meets_it():
    assert judge(2.0, 2.0, 2.1) == Verdict.MET


def test_a_range_below_the_limit_misses_it():
    assert judge(1.8, 1.9, 1.9) == Verdict.MISSED


def test_nothing_is_concluded_from_a_range_around_the_limit():
    assert judge(1.5, 2.1, 2.7) == Verdict.OPEN


def test_nothing_is_concluded_from_two_pairs():
    assert judge(9.0, 9.0) == Verdict.OPEN


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [((0.6, 0.7, 0.7), "met"), ((0.8, 0.9, 0.9), "missed"), ((0.5, 0.7, 0.9), "not conclusive")],
)
def test_a_maximum_is_met_from_below(ratios, verdict):
    assert judge(*ratios, limit=0.7, is_least=False) == verdict


def test_one_miss_is_a_miss():
    assert join([Verdict.MET, Verdict.MISSED, Verdict.OPEN]) == Verdict.MISSED
    assert join([Verdict.MET, Verdict.OPEN]) == Verdict.OPEN
    assert join([Verdict.MET, Verdict.MET]) == Verdict.MET
    assert join([]) == Verdict.UNKNOWN
