"""Names that any machine can give to the files of one folder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

# What separates folders, is a control character or a mark of direction, or is refused by Windows.
UNSAFE: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)
# In bytes; with room for a number in the 255 that file systems take.
MAX_BYTES: Final = 200
MAX_EXTENSION_BYTES: Final = 20


def make_safe_names(labels: Iterable[str]) -> Iterator[str]:
    """A name for each label, as like it as can be: in one folder, and none there twice, be it
    in other capitals."""
    taken: dict[str, int] = {}
    for label in labels:
        name = _make_unique(_sanitize(label), taken)
        taken[name.casefold()] = 1
        yield name


def _sanitize(label: str) -> str:
    name = UNSAFE.sub("_", unicodedata.normalize("NFC", label)).strip(" .") or "file"
    return _truncate(f"_{name}" if DEVICES.match(name) else name)


def _truncate(name: str) -> str:
    """At most so many bytes, of which the extension keeps its own."""
    suffix = PurePosixPath(name).suffix
    ending = suffix if len(suffix.encode()) < MAX_EXTENSION_BYTES else ""
    stem = name.removesuffix(ending).encode()[: MAX_BYTES - len(ending.encode())]
    return f"{stem.decode(errors='ignore')}{ending}".rstrip(" .")


def _make_unique(name: str, taken: dict[str, int]) -> str:
    """The name, or the same with the next number that is free."""
    path, key, tried = PurePosixPath(name), name.casefold(), name
    while tried.casefold() in taken:
        taken[key] += 1
        tried = f"{path.stem} ({taken[key]}){path.suffix}"
    return tried
