"""How hosts divide a pool's budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.database.sizing.split import Claim, split

loads = st.floats(min_value=0, max_value=1000)
claims = st.lists(
    st.builds(
        Claim,
        host=st.text("abcdef", min_size=1, max_size=3),
        limit=st.integers(1, 60),
        busy=loads,
        waiting=loads,
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda claim: claim.host,
)


def make_claims(*demands, limit=40):
    return [Claim(f"h{n}", limit, busy, waiting) for n, (busy, waiting) in enumerate(demands)]


@given(st.integers(1, 200), claims)
def test_each_has_one_and_all_together_no_more_than_the_budget(budget, hosts):
    shares = split(budget, hosts)
    assert set(shares) == {claim.host for claim in hosts}
    assert all(1 <= shares[claim.host] <= max(1, claim.limit) for claim in hosts)
    assert sum(shares.values()) <= max(budget, len(hosts))


@given(st.integers(1, 200), claims)
def test_nothing_is_left_that_a_host_may_use(budget, hosts):
    shares = split(budget, hosts)
    if any(shares[claim.host] < claim.limit for claim in hosts):
        assert sum(shares.values()) == max(budget, len(hosts))


@given(st.integers(1, 200), claims, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(budget, hosts, random):
    mixed = random.sample(hosts, len(hosts))
    assert split(budget, mixed) == split(budget, hosts)


@given(st.integers(1, 200), claims)
def test_who_claims_more_gets_no_less(budget, hosts):
    shares = split(budget, hosts)
    for one in hosts:
        for other in hosts:
            if one.weight >= other.weight and one.limit >= other.limit:
                assert shares[one.host] >= shares[other.host] - 1


@pytest.mark.parametrize(
    ("budget", "demands", "expected"),
    [
        (10, [(0, 0)], [10]),
        (10, [(0, 0), (0, 0)], [5, 5]),
        (10, [(5, 40), (0, 0), (0, 0), (0, 0), (0, 0)], [6, 1, 1, 1, 1]),
        (40, [(5, 0), (2, 0), (0, 0)], [23, 12, 5]),
        (3, [(5, 40), (0, 0), (0, 0), (0, 0)], [1, 1, 1, 1]),
    ],
    ids=["alone", "both idle", "one busy of five", "by load", "more hosts than slots"],
)
def test_examples(budget, demands, expected):
    assert list(split(budget, make_claims(*demands)).values()) == expected


def test_what_one_may_not_use_goes_to_the_others():
    hosts = [Claim("a", 4, 100, 100), Claim("b", 40, 0, 0), Claim("c", 40, 0, 0)]
    assert split(20, hosts) == {"a": 4, "b": 8, "c": 8}
