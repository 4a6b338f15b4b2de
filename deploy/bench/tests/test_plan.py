from itertools import groupby
from operator import attrgetter

import pytest

from bench.plan import Plan
from bench.variants import GET, PATCH, VARIANTS

TURNS = attrgetter("round", "clients", "request")


def make_plan(*arguments):
    return Plan.from_arguments(arguments)


def get_order(turns):
    return [[turn.variant for turn in group] for _, group in groupby(turns, TURNS)]


def test_takes_less_than_25_minutes():
    assert make_plan().rounds == 3
    assert make_plan().clients == (1, 8, 32, 128, 512, 1000)
    assert make_plan().estimate_minutes() <= 25


def test_quick_takes_less_than_3_minutes():
    assert make_plan("--quick").estimate_minutes() <= 3


def test_an_explicit_number_overrides_quick():
    assert make_plan("--quick", "--seconds", "7").seconds == 7


def test_runs_all_variants_before_the_load_changes():
    given = ["--rounds", "3", "--clients", "8", "--variants", "a,c,e"]
    ways = get_order(turn for turn in make_plan(*given).list_turns() if turn.request == GET)
    assert ways == [["a", "c", "e"], ["a", "e", "c"], ["e", "a", "c"]]


def test_measures_both_requests_under_every_load():
    turns = make_plan("--rounds", "1", "--variants", "a").list_turns()
    loads = [(n, request) for n in make_plan().clients for request in (GET, PATCH)]
    assert [(turn.clients, turn.request) for turn in turns] == loads


def test_pgbench_leaves_connections_for_the_site():
    most = max(turn.clients for turn in make_plan("--variants", "f").list_turns())
    assert most == 128


def test_measures_all_variants_by_default():
    assert make_plan().variants == tuple(VARIANTS)
    assert make_plan("--variants", "c,a").variants == ("a", "c")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--variants", "a,x", "'x' is not one of a,a-direct,b,c,d,e,e-healthz,f"),
        ("--clients", "8,0", "'0' is not a whole number from 1 to 1000"),
        ("--rounds", "many", "'many' is not a whole number"),
    ],
)
def test_rejects_invalid_options(capsys, option, value, message):
    with pytest.raises(SystemExit) as end:
        make_plan(option, value)
    assert end.value.code == 2
    assert message in capsys.readouterr().err
