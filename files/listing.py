"""The list of files that a query string describes: filter, search, order and page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Self

from django.core.paginator import Page
from django.db.models import Count, F, Q, TextChoices
from django.db.models.expressions import OrderBy
from django.db.models.functions import Lower
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from config.lib.pagination import NearestPaginator
from config.lib.search import build_word_filter, filter_by_words
from files.models import File, FileQuerySet
from files.quota import USED_BYTES

FILES_PER_PAGE: Final = 24
MAX_SEARCH_LENGTH: Final = 100


class Sort(TextChoices):
    NEWEST = "newest", "Newest first"
    OLDEST = "oldest", "Oldest first"
    NAME = "name", "Name"
    LARGEST = "largest", "Largest first"
    SMALLEST = "smallest", "Smallest first"


@dataclass(frozen=True, kw_only=True)
class Listing:
    search: str = ""
    sort: Sort = Sort.NEWEST
    deleted: bool = False
    page: int = 1

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Parse the query string; invalid values become the defaults."""
        sort, page = query.get("sort"), query.get("page", "")
        return cls(
            search=query.get("q", "").strip()[:MAX_SEARCH_LENGTH],
            sort=Sort(sort) if sort in Sort.values else Sort.NEWEST,
            deleted=query.get("deleted") == "1",
            page=int(page) if page.isdecimal() and len(page) < 10 else 1,
        )

    @property
    def query(self) -> QueryDict:
        query = QueryDict(mutable=True)
        if self.search:
            query["q"] = self.search
        if self.sort != Sort.NEWEST:
            query["sort"] = self.sort
        if self.deleted:
            query["deleted"] = "1"
        if self.page != 1:
            query["page"] = str(self.page)
        return query

    @property
    def url(self) -> str:
        return reverse("files:list", query=self.query)

    @property
    def present(self) -> Self:
        return replace(self, deleted=False, page=1)

    @property
    def trash(self) -> Self:
        return replace(self, deleted=True, page=1)

    @property
    def everything(self) -> Self:
        return replace(self, search="", page=1)

    @property
    def sorts(self) -> list[tuple[str, str]]:
        return Sort.choices

    def files(self, user: User) -> FileQuerySet:
        files: FileQuerySet = user.files.all()
        state = files.deleted() if self.deleted else files.present()
        return filter_by_words(state, self.search, "name")

    def order(self) -> tuple[OrderBy | str, ...]:
        date = "deleted_at" if self.deleted else "created_at"
        orders = {
            Sort.NEWEST: F(date).desc(),
            Sort.OLDEST: F(date).asc(),
            Sort.NAME: Lower("name").asc(),
            Sort.LARGEST: F("size").desc(),
            Sort.SMALLEST: F("size").asc(),
        }
        return orders[self.sort], "id"


def count_totals(user: User, listing: Listing) -> dict[str, int]:
    """Count present, deleted and matching files and the used bytes, in one statement."""
    files: FileQuerySet = user.files.unexpired()
    present = Q(deleted_at=None)
    state = ~present if listing.deleted else present
    # Without a subquery, the files are read only once.
    return files.aggregate(
        present=Count("pk", filter=present),
        deleted=Count("pk", filter=~present),
        matching=Count("pk", filter=state & build_word_filter(File, listing.search, "name")),
        used=USED_BYTES,
    )


def get_page(user: User, listing: Listing, count: int) -> Page[File]:
    """Return the nearest existing page, in one statement, as `count` is known."""
    paginator = NearestPaginator(listing.files(user).order_by(*listing.order()), FILES_PER_PAGE)
    paginator.count = count
    return paginator.get_page(listing.page)


def build_context(user: User, listing: Listing) -> dict[str, Any]:
    """Return the context of the list's template, in two statements."""
    counts = count_totals(user, listing)
    page = get_page(user, listing, counts["matching"])
    return {"listing": replace(listing, page=page.number), "page": page, "totals": counts}
