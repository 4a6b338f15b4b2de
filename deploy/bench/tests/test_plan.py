from itertools import groupby
from operator import attrgetter

import pytest

from bench.plan import Plan
from bench.variants import GET, PATCH, VARIANTS

TURNS = attrgetter("round", "clients", "request")


def plan(*arguments):
    return Plan.from_arguments(arguments)


def order(turns):
    """The variants in the order of each round's turns under one load."""
    return [[turn.variant for turn in group] for _, group in groupby(turns, TURNS)]


def test_takes_less_than_25_minutes():
    assert plan().rounds == 3
    assert plan().clients == (1, 8, 32, 128, 512, 1000)
    assert plan().minutes() <= 25


def test_the_quick_one_takes_less_than_3_minutes():
    assert plan("--quick").minutes() <= 3


def test_a_number_that_is_given_wins_over_quick():
    assert plan("--quick", "--seconds", "7").seconds == 7


def test_every_variant_has_its_turn_before_the_load_changes():
    given = ["--rounds", "3", "--clients", "8", "--variants", "a,c,e"]
    ways = order(turn for turn in plan(*given).turns() if turn.request == GET)
    assert ways == [["a", "c", "e"], ["a", "e", "c"], ["e", "a", "c"]]


def test_both_requests_are_measured_under_every_load():
    turns = plan("--rounds", "1", "--variants", "a").turns()
    loads = [(n, request) for n in plan().clients for request in (GET, PATCH)]
    assert [(turn.clients, turn.request) for turn in turns] == loads


def test_pgbench_leaves_pgbouncer_room_for_the_site():
    most = max(turn.clients for turn in plan("--variants", "f").turns())
    assert most == 128


def test_all_variants_are_measured_unless_some_are_named():
    assert plan().variants == tuple(VARIANTS)
    assert plan("--variants", "c,a").variants == ("a", "c")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--variants", "a,x", "'x' is none of a,a-direct,b,c,d,e,e-healthz,f"),
        ("--clients", "8,0", "'0' is no whole number from 1 to 1000"),
        ("--rounds", "many", "'many' is no whole number"),
    ],
)
def test_what_it_does_not_know_is_refused(capsys, option, value, said):
    with pytest.raises(SystemExit) as end:
        plan(option, value)
    assert end.value.code == 2
    assert said in capsys.readouterr().err
