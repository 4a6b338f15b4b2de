"""Pagination that returns the nearest page for an invalid number."""

from __future__ import annotations

from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator


class NearestPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    def get_page(self, number: str | float | None) -> Page[Any]:
        """Return the nearest existing page; unlike Django, 0 and below give the first."""
        try:
            return self.page(number)  # type: ignore[arg-type]  # page() rejects None
        except PageNotAnInteger:
            return self.page(1)
        except EmptyPage:
            return self.page(1 if int(number or 0) < 1 else self.num_pages)
