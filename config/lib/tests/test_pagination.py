import pytest

from config.lib.pagination import NearestPaginator


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("2", 2),
        (None, 1),
        ("", 1),
        ("x", 1),
        ("1.5", 1),
        ("\0", 1),
        ("0", 1),
        ("-7", 1),
        ("4", 3),
        ("9" * 30, 3),
        ("9" * 5000, 1),
    ],
)
def test_returns_the_nearest_page(number, expected):
    assert NearestPaginator(range(30), 10).get_page(number).number == expected


def test_an_empty_list_has_one_page():
    assert NearestPaginator([], 10).get_page("2").number == 1
