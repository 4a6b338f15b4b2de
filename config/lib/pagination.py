"""Paginators: one that returns the nearest page, and one that does not count a large table."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db import connection
from django.db.models import Model

# A larger table is not counted, if all of its rows are listed.
MOST_COUNTED: Final = 10_000
ROWS: Final = "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass"


class NearestPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    def get_page(self, number: str | float | None) -> Page[Any]:
        """Return the nearest existing page; unlike Django, 0 and below give the first."""
        try:
            return self.page(number)  # type: ignore[arg-type]  # page() rejects None
        except PageNotAnInteger:
            return self.page(1)
        except EmptyPage:
            return self.page(1 if int(number or 0) < 1 else self.num_pages)


class EstimatingPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """Count exactly, except for a whole table of more than MOST_COUNTED rows.

    There PostgreSQL's estimate serves: counting a million rows takes longer than showing a page.
    """

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        if rows.query.where:
            return int(rows.count())
        counted = int(rows.order_by()[: MOST_COUNTED + 1].count())
        return counted if counted <= MOST_COUNTED else max(counted, estimate_rows(rows.model))


def estimate_rows(model: type[Model]) -> int:
    """Return how many rows the table had when it was last analyzed; -1 if it never was."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [connection.ops.quote_name(model._meta.db_table)])
        return int(cursor.fetchone()[0])
