"""File names for an archive that can be unpacked on any system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

# Path separators, control characters, direction marks, and what Windows rejects.
UNSAFE: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)
# Leaves space for a number within the 255 bytes of file systems.
MAX_BYTES: Final = 200
MAX_EXTENSION_BYTES: Final = 20


def make_safe_names(labels: Iterable[str]) -> Iterator[str]:
    """Yield a similar safe name for each label; names are unique, regardless of case."""
    used: dict[str, int] = {}
    for label in labels:
        name = _make_unique(_sanitize(label), used)
        used[name.casefold()] = 1
        yield name


def _sanitize(label: str) -> str:
    name = UNSAFE.sub("_", unicodedata.normalize("NFC", label)).strip(" .") or "file"
    return _truncate(f"_{name}" if DEVICES.match(name) else name)


def _truncate(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    ending = suffix if len(suffix.encode()) < MAX_EXTENSION_BYTES else ""
    stem = name.removesuffix(ending).encode()[: MAX_BYTES - len(ending.encode())]
    return f"{stem.decode(errors='ignore')}{ending}".rstrip(" .")


def _make_unique(name: str, used: dict[str, int]) -> str:
    path, key, candidate = PurePosixPath(name), name.casefold(), name
    while candidate.casefold() in used:
        used[key] += 1
        candidate = f"{path.stem} ({used[key]}){path.suffix}"
    return candidate
