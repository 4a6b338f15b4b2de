"""Values as HAProxy's file has them."""

from __future__ import annotations

import re
from collections.abc import Iterable


class UnwritableError(ValueError):
    """A value that HAProxy's file cannot hold; the text says which, and what to change."""


def flat(body: str) -> str:
    """The body in one line, as a map's entry has to be; HTML and JSON mean the same so."""
    return " ".join(body.split())


def word(value: str) -> str:
    """A value as a word of the file."""
    if not value or any(ord(c) < 0x20 or ord(c) == 0x7F for c in value):
        raise UnwritableError(f"{value!r} has no place in HAProxy's file: change it.")
    # Outside quotation marks a dollar is itself; escaped, it would stay escaped in a pattern.
    return re.sub(r"([\\ \"'#,()])", r"\\\1", value)


def words(values: Iterable[str]) -> str:
    return " ".join(word(value) for value in values)


def quoted(value: str) -> str:
    """A header's value, in which HAProxy expands nothing."""
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("%", "%%")
    return f'"{text}"'


def host(bind: str) -> str:
    return f"[{bind}]" if ":" in bind else bind


def without(names: Iterable[str]) -> list[str]:
    """Rules that remove these headers, however they are spelt; a pattern would have to be in
    lower case, as HAProxy has all names."""
    return [f"http-request del-header {name}" for name in names]
