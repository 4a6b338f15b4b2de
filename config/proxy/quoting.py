"""Quoting of values in HAProxy's configuration file."""

from __future__ import annotations

import re
from collections.abc import Iterable


class UnwritableError(ValueError):
    """HAProxy's configuration cannot contain the value; the message names it."""


def join_lines(body: str) -> str:
    """Join an HTML or JSON body into one line, as map files require."""
    return " ".join(body.split())


def escape_word(value: str) -> str:
    if not value or any(ord(c) < 0x20 or ord(c) == 0x7F for c in value):
        raise UnwritableError(f"HAProxy's configuration cannot contain {value!r}: change it.")
    # Outside quotes a dollar sign is literal; a pattern would keep its backslash.
    return re.sub(r"([\\ \"'#,()])", r"\\\1", value)


def escape_words(values: Iterable[str]) -> str:
    return " ".join(escape_word(value) for value in values)


def quote(value: str) -> str:
    """Quote a header's value so that HAProxy expands nothing in it."""
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("%", "%%")
    return f'"{text}"'


def format_host(bind: str) -> str:
    return f"[{bind}]" if ":" in bind else bind


def delete_headers(names: Iterable[str]) -> list[str]:
    """Return rules that delete the headers, in any case."""
    return [f"http-request del-header {name}" for name in names]
