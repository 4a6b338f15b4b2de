"""Follow a log file across its rotation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

# Bytes read at once; the rest follows with the next call.
MAX_READ: Final = 1_000_000


class LogTail:
    """Reads the lines that are added to a file after this object was created.

    A renamed file is read to its end before the new one of its name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        self._open(os.SEEK_END)

    def read_lines(self) -> Iterator[str]:
        yield from self._read()
        if self._was_replaced():
            yield from self._read()
            self.close()
            self._open(os.SEEK_SET)
            yield from self._read()

    def _open(self, position: int) -> None:
        with suppress(FileNotFoundError):
            self._file = self.path.open("rb")
            self._file.seek(0, position)

    def close(self) -> None:
        if self._file:
            self._file.close()
        self._file, self._rest = None, b""

    def _was_replaced(self) -> bool:
        """Return whether the path is another file than the open one, or it was truncated."""
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        mine = os.fstat(self._file.fileno())
        is_same = (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)
        return not is_same or there.st_size < self._file.tell()

    def _read(self) -> Iterator[str]:
        if self._file is None:
            return
        *lines, self._rest = (self._rest + self._file.read(MAX_READ)).split(b"\n")
        self._rest = self._rest[-MAX_READ:]
        for line in lines:
            yield line.decode(errors="replace")
