"""What workers know of each other."""

from config.web.siblings import SLOTS, Siblings


def test_a_worker_boots_until_it_accepts():
    siblings = Siblings()
    siblings.boots(1)
    assert siblings.any_boots
    siblings.accepts(1, 0)
    assert not siblings.any_boots


def test_the_fewest_connections_are_those_of_a_worker_that_accepts():
    siblings = Siblings()
    siblings.accepts(1, 7)
    siblings.accepts(2, 3)
    siblings.boots(3)
    siblings.accepts(4, 1)
    siblings.ends(4)
    assert siblings.fewest == 3


def test_a_worker_that_is_alone_compares_itself_with_none():
    assert Siblings().fewest == 0


def test_the_oldest_ones_place_is_given_away():
    siblings = Siblings()
    siblings.accepts(1, 7)
    siblings.ends(1)
    siblings.accepts(1 + SLOTS, 2)
    assert siblings.fewest == 2
