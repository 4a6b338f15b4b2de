"""Accept most valid texts of a model's field without calling each of its validators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.core.validators import (
    MaxLengthValidator,
    ProhibitNullCharactersValidator,
    RegexValidator,
)


@dataclass(frozen=True)
class TextRule:
    """What a text needs to be valid for certain; other texts may be valid too."""

    longest: int
    searches: tuple[Callable[[str], re.Match[str] | None], ...]

    @classmethod
    def from_validators(cls, validators: Iterable[Any]) -> Self | None:
        """Return the rule, or None if one of the validators is of another kind."""
        longest, searches = [], []
        for validator in validators:
            if isinstance(validator, MaxLengthValidator):
                longest.append(validator.limit_value)
            elif isinstance(validator, RegexValidator) and not validator.inverse_match:
                searches.append(re.compile(validator.regex).search)
            elif not isinstance(validator, ProhibitNullCharactersValidator):
                return None
        return cls(min(longest), tuple(searches)) if longest else None

    def accepts(self, text: str) -> bool:
        return (
            0 < len(text) <= self.longest
            and "\0" not in text
            and all(search(text) for search in self.searches)
        )
