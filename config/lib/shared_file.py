"""A log file that several processes append to, rotated by size."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from threading import Lock


class SharedFile:
    """Append each line in one write, which the kernel does not mix with those of others.

    The standard library's handlers are for one process. A line that cannot be written, as on a
    full disk, is lost: no request fails for it.
    """

    def __init__(self, path: Path, *, max_bytes: int, backups: int) -> None:
        self.path, self.max_bytes, self.backups = path, max_bytes, backups
        self.file = -1
        self.lock = Lock()

    def write(self, line: bytes) -> None:
        with self.lock, suppress(OSError):
            if self.file < 0 or self.is_over():
                self.reopen()
            os.write(self.file, line)

    def is_over(self) -> bool:
        """Return whether the file is full, which a renamed one is as well, or was deleted."""
        status = os.fstat(self.file)
        return status.st_size >= self.max_bytes or not status.st_nlink

    def reopen(self) -> None:
        """Open the file, after rotating it unless another process has done so."""
        with self.name_backup("lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.path.exists() and self.path.stat().st_size >= self.max_bytes:
                self.rotate()
            self.close()
            flags = os.O_APPEND | os.O_CREAT | os.O_WRONLY
            self.file = os.open(self.path, flags, 0o600)

    def rotate(self) -> None:
        names = [self.path, *(self.name_backup(str(n + 1)) for n in range(self.backups))]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.replace(older)

    def name_backup(self, suffix: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{suffix}")

    def close(self) -> None:
        if self.file >= 0:
            os.close(self.file)
        self.file = -1
