import pytest

from accounts.tests.people import make_user
from bench.pages import FirstByte, render_first_bytes
from bench.pairs import Spread
from bench.slowest import PageTime, Stopwatch, list_paths, measure_page, render_slowest


def make_first_byte(*ratios):
    return FirstByte(path="/files/", page=8.0, api=3.0, ratio=Spread.of(ratios))


def make_time(view, *, total, sql, statements=1):
    return PageTime(view=view, total=total, sql=sql, statements=statements)


def test_a_page_is_compared_with_the_api():
    line = render_first_bytes([make_first_byte(2.5, 2.6, 2.7)]).splitlines()[-1]
    assert line == "| `/files/` | 8.0 | 3.0 | 2.60 (2.55 to 2.65) | met |"


def test_a_slow_page_misses_its_target():
    assert make_first_byte(3.1, 3.2, 3.3).verdict == "missed"
    assert make_first_byte(2.0, 3.0, 4.0).verdict == "not conclusive"


def test_lists_the_slowest_pages_by_statements_and_by_python():
    times = [make_time(f"files:{number}", total=20.0 + number, sql=number) for number in range(6)]
    times.append(make_time("home", total=90.0, sql=0.5))
    by_sql, by_python, _ = render_slowest(times).split("\n\n")
    assert by_sql.splitlines()[2] == "| `files:5` | 25.0 | 5.0 | 1 | 20.0 |"
    assert len(by_sql.splitlines()) == len(by_python.splitlines()) == 7
    assert by_python.splitlines()[2] == "| `home` | 90.0 | 0.5 | 1 | 89.5 |"


def test_the_stopwatch_counts_statements():
    watch = Stopwatch()
    assert watch(lambda *arguments: arguments, "SELECT 1") == ("SELECT 1",)
    assert watch.statements == 1
    assert watch.seconds > 0


@pytest.mark.django_db
def test_finds_the_pages_that_a_user_sees(client):
    client.force_login(make_user())
    assert {"/", "/files/", "/profile/", "/api/profile"} <= set(list_paths(client))


@pytest.mark.django_db
def test_counts_the_statements_of_a_page(client):
    client.force_login(make_user())
    time = measure_page(client, "/api/profile")
    assert (time.view, time.statements) == ("api:profile", 1)
    assert 0 < time.sql < time.total
