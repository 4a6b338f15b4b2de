"""Mark lone surrogates in a JSON file, which its parser would silently replace."""

from __future__ import annotations

import codecs
import re
from typing import Final, Protocol

# The parser would turn a lone surrogate into "?" or an unrelated character.
# An escape may be split between two chunks: the end of one waits for the next.
LONE_SURROGATE: Final = "\uffff"

ESCAPES: Final = re.compile(
    rb"\\(?:"  # a common prefix, so that the search skips other text quickly
    rb"(?P<pair>u[dD][89abAB]..\\u[dD][c-fC-F]..)"
    rb"|(?P<incomplete>(?:u.{0,3})?\Z|u[dD][89abAB]..(?:\\(?:u.{0,3})?)?\Z)"
    rb"|(?P<lone>u[dD][89a-fA-F]..)"
    rb"|.)",
    re.DOTALL,
)
MAX_ESCAPE_BYTES: Final = 12


class SupportsRead(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class SurrogateReplacer:
    """A file without byte order mark, in which LONE_SURROGATE stands for each lone surrogate."""

    def __init__(self, file: SupportsRead) -> None:
        self._file, self._started, self._rest = file, False, b""

    def read(self, size: int = -1) -> bytes:
        while data := self._file.read(size):
            if not self._started:
                self._started = True
                data = data.removeprefix(codecs.BOM_UTF8)
            if replaced := self._replace_surrogates(self._rest + data):
                return replaced
        rest, self._rest = self._rest, b""
        return rest

    def _replace_surrogates(self, data: bytes) -> bytes:
        self._rest = b""
        if rb"\u" not in data and b"\\" not in data[-MAX_ESCAPE_BYTES:]:
            return data
        return ESCAPES.sub(self._replace_escape, data)

    def _replace_escape(self, escape: re.Match[bytes]) -> bytes:
        if escape.lastgroup == "incomplete":
            self._rest = escape[0]
            return b""
        return rb"\uffff" if escape.lastgroup == "lone" else escape[0]
