"""A bounded file of JSON lines, to which several processes may append."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Journal:
    """Keep the newest entries, between `max_bytes` and twice that, in two files.

    A full or missing disk loses entries, but raises nothing.
    """

    path: Path
    max_bytes: int

    @property
    def older(self) -> Path:
        return self.path.with_name(f"{self.path.name}.1")

    def append(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        with suppress(OSError):
            self._rotate()
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                # One write, so that lines of several processes do not mix.
                os.write(file, line)
            finally:
                os.close(file)

    def read(self) -> list[dict[str, Any]]:
        """Return the entries, oldest first."""
        return [*self._read(self.older), *self._read(self.path)]

    def _rotate(self) -> None:
        with suppress(FileNotFoundError):
            if self.path.stat().st_size >= self.max_bytes:
                self.path.replace(self.older)

    def _read(self, path: Path) -> Iterator[dict[str, Any]]:
        with suppress(OSError), path.open("rb") as file:
            for line in file:
                # A full disk leaves an incomplete line.
                with suppress(ValueError):
                    yield json.loads(line)
