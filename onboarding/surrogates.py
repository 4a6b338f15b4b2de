"""The bytes of a JSON file as its parser takes them without changing a text in silence."""

from __future__ import annotations

import codecs
import re
from typing import Final, Protocol

# The parser would make a "?" of half a surrogate pair, or an unrelated character.
LONE_SURROGATE: Final = "\uffff"

ESCAPES: Final = re.compile(
    rb"\\(?:"  # they begin alike, so that all between them is passed over quickly
    rb"(?P<pair>u[dD][89abAB]..\\u[dD][c-fC-F]..)"
    rb"|(?P<cut>(?:u.{0,3})?\Z|u[dD][89abAB]..(?:\\(?:u.{0,3})?)?\Z)"  # the next part decides
    rb"|(?P<half>u[dD][89a-fA-F]..)"
    rb"|.)",
    re.DOTALL,
)
MAX_ESCAPE_BYTES: Final = 12


class SupportsRead(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class SurrogateReplacer:
    """A file without byte order mark, in which HALF_MARK stands for each half surrogate pair."""

    def __init__(self, file: SupportsRead) -> None:
        self._file, self._begun, self._rest = file, False, b""

    def read(self, size: int = -1) -> bytes:
        while data := self._file.read(size):
            if not self._begun:
                self._begun = True
                data = data.removeprefix(codecs.BOM_UTF8)
            if mended := self._replace_surrogates(self._rest + data):
                return mended
        rest, self._rest = self._rest, b""
        return rest

    def _replace_surrogates(self, data: bytes) -> bytes:
        self._rest = b""
        if rb"\u" not in data and b"\\" not in data[-MAX_ESCAPE_BYTES:]:
            return data
        return ESCAPES.sub(self._replace_escape, data)

    def _replace_escape(self, escape: re.Match[bytes]) -> bytes:
        if escape.lastgroup == "cut":
            self._rest = escape[0]
            return b""
        return rb"\uffff" if escape.lastgroup == "half" else escape[0]
