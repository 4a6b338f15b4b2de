"""The pages of a list."""

from __future__ import annotations

from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator


class NearestPages(Paginator):  # type: ignore[type-arg]
    """Django's, but before the first page comes the first, not the last."""

    def get_page(self, number: str | float | None) -> Page[Any]:
        """The page of this number, or the nearest there is; the first where it is no number."""
        try:
            return self.page(number)  # type: ignore[arg-type]
        except PageNotAnInteger:
            return self.page(1)
        except EmptyPage:
            return self.page(1 if int(number or 0) < 1 else self.num_pages)
