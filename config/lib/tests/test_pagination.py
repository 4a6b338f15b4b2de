"""Which page is shown for what an address asks for."""

import pytest

from config.lib.pagination import NearestPages


@pytest.mark.parametrize(
    ("asked", "shown"),
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
def test_shows_the_page_that_is_nearest(asked, shown):
    assert NearestPages(range(30), 10).get_page(asked).number == shown


def test_an_empty_list_has_one_page():
    assert NearestPages([], 10).get_page("2").number == 1
