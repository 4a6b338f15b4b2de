import pytest

from bench.plan import STEADY, Plan
from bench.variants import GET, PATCH, VARIANTS


def make_plan(*arguments):
    return Plan.from_arguments(arguments)


def list_turns(*arguments):
    return [
        (turn.pair, turn.variant, turn.request, turn.clients)
        for turn in make_plan(*arguments).list_turns()
    ]


def test_takes_less_than_an_hour():
    assert make_plan().rounds == 5
    assert make_plan().clients == (1, 8, 32, 128, 512, 1000)
    assert make_plan().estimate_minutes() <= 60


def test_quick_takes_less_than_9_minutes():
    assert make_plan("--quick").estimate_minutes() <= 9


def test_an_explicit_number_overrides_quick():
    assert make_plan("--quick", "--seconds", "7").seconds == 7


def test_the_site_takes_turns_with_each_variant():
    given = ["--rounds", "1", "--clients", "8", "--variants", "persistent,constant"]
    assert list_turns(*given) == [
        ("constant", "site", GET, 8),
        ("constant", "constant", GET, 8),
        ("persistent", "site", GET, 8),
        ("persistent", "persistent", GET, 8),
        ("persistent", "site", PATCH, 8),
        ("persistent", "persistent", PATCH, 8),
    ]


def test_every_second_round_reverses_the_pairs():
    turns = make_plan("--rounds", "3", "--clients", "8", "--variants", "constant").list_turns()
    order = [turn.variant for turn in turns]
    assert order == ["site", "constant", "constant", "site", "site", "constant"]


def test_the_site_takes_turns_with_itself_under_many_clients():
    turns = list_turns("--rounds", "1", "--clients", "1000", "--variants", "site")
    pairs = [(STEADY, "site", request, n) for request in (GET, PATCH) for n in (32, 1000)]
    assert turns == pairs


def test_quick_measures_the_other_peers_under_32_clients_only():
    turns = make_plan("--quick").list_turns()
    assert {turn.clients for turn in turns if turn.pair == "asgi"} == {32}
    assert {turn.clients for turn in turns if turn.pair == "persistent"} == {1, 32, 1000}


def test_pgbench_leaves_connections_for_the_site():
    turns = make_plan("--variants", "statement").list_turns()
    assert max(turn.clients for turn in turns if turn.pair == "statement") == 32


def test_many_clients_get_long_turns():
    plan = make_plan()
    seconds = {(t.pair, t.clients): plan.get_seconds(t) for t in plan.list_turns()}
    assert [seconds["direct", n] for n in (1, 32, 512, 1000)] == [2, 2, 3, 5]
    assert [seconds["persistent", n] for n in (1, 32, 512, 1000)] == [2, 2, 6, 10]


def test_measures_all_variants_by_default():
    assert make_plan().variants == tuple(VARIANTS)
    assert make_plan("--variants", "pool,direct").variants == ("site", "direct", "pool")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--variants", "pool,x", "'x' is not one of site,direct,constant,persistent"),
        ("--clients", "8,0", "'0' is not a whole number from 1 to 1000"),
        ("--rounds", "many", "'many' is not a whole number"),
    ],
)
def test_rejects_invalid_options(capsys, option, value, message):
    with pytest.raises(SystemExit) as end:
        make_plan(option, value)
    assert end.value.code == 2
    assert message in capsys.readouterr().err
