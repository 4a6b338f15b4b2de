"""The experts that match a search, as a list for a paginator."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any, Final

from onboarding.models import Expert

# A longer list is cut, so that no page takes longer than with this many experts.
MOST: Final = 1200


class Results:
    """At most MOST experts, favourites first. Takes a statement for the count and one per page."""

    def __init__(self, text: str, favourites: Collection[int]) -> None:
        self.text, self.favourites = text, favourites
        self.matching = Expert.objects.search(text).active()

    def count(self) -> int:
        return min(self._found, MOST)

    __len__ = count

    @property
    def is_cut(self) -> bool:
        return self._found > MOST

    @cached_property
    def _found(self) -> int:
        return len(self._keys) if self.text else self.matching[: MOST + 1].count()

    @cached_property
    def _keys(self) -> list[int]:
        return list(self.matching.values_list("pk", flat=True)[: MOST + 1])

    def __iter__(self) -> Iterator[Expert]:
        return iter(self[: self.count()])

    def __getitem__(self, part: Any) -> Any:
        # Few matches are sorted: to find them in the order of the names could take all rows.
        is_short = self.text and not self.is_cut
        rows = Expert.objects.filter(pk__in=self._keys) if is_short else self.matching
        return rows.favourites_first(self.favourites, part.start or 0, part.stop)
