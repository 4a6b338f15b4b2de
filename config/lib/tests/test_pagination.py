import pytest
from django.db import connection

from config.lib import pagination
from config.lib.pagination import EstimatingPaginator, NearestPaginator
from onboarding.models import Expert
from onboarding.tests.experts import make_experts


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


@pytest.fixture
def experts(db, monkeypatch):
    """Create four experts, of which PostgreSQL believes there are ninety."""
    monkeypatch.setattr(pagination, "MOST_COUNTED", 3)
    monkeypatch.setattr(pagination, "estimate_rows", lambda model: 90)
    make_experts(4)
    return Expert.objects.order_by("pk")


def test_estimates_the_rows_of_a_large_table(experts):
    assert EstimatingPaginator(experts, 2).count == 90


def test_counts_a_small_table(experts):
    Expert.objects.first().delete()
    assert EstimatingPaginator(experts, 2).count == 3


def test_counts_the_rows_that_a_filter_leaves(experts):
    assert EstimatingPaginator(experts.filter(is_active=True), 2).count == 4


def test_estimate_is_at_least_what_was_counted(experts, monkeypatch):
    monkeypatch.setattr(pagination, "estimate_rows", lambda model: -1)
    assert EstimatingPaginator(experts, 2).count == 4


def test_estimate_is_the_table_s_at_its_last_analysis(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'onboarding_expert'")
        assert pagination.estimate_rows(Expert) == cursor.fetchone()[0]
