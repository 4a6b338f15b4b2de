"""A bounded file of JSON lines, to which several processes may append."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.lib.shared_file import SharedFile


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
        file = SharedFile(self.path, max_bytes=self.max_bytes, backups=1)
        file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        file.close()

    def read(self) -> list[dict[str, Any]]:
        """Return the entries, oldest first."""
        return [*self._read(self.older), *self._read(self.path)]

    def _read(self, path: Path) -> Iterator[dict[str, Any]]:
        with suppress(OSError), path.open("rb") as file:
            for line in file:
                # A full disk leaves an incomplete line.
                with suppress(ValueError):
                    yield json.loads(line)
