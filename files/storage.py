"""The storage backend for a folder on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class Folder(FileSystemStorage):
    """A folder with a subfolder for each user. Saved files survive a power failure."""

    def _save(self, name: str, content: File[Any]) -> str:
        try:
            saved = self._write(name, content)
            path = Path(self.path(saved))
            for synced in (path, path.parent, path.parent.parent):
                _sync(synced)
        except OSError:
            # Delete the incomplete file; names are unique, so no other upload has it.
            with suppress(OSError):
                self.delete(name)
            raise
        return saved

    def _write(self, name: str, content: File[Any]) -> str:
        saved: str
        try:
            saved = super()._save(name, content)  # type: ignore[misc]  # not in the stubs
        except FileNotFoundError:
            # A concurrent deletion of the user's last file has removed the folder.
            saved = super()._save(name, content)  # type: ignore[misc]  # not in the stubs
        return saved

    def delete(self, name: str) -> None:
        super().delete(name)
        folder = Path(self.path(name)).parent
        if folder != Path(self.location):
            with suppress(OSError):  # not empty
                folder.rmdir()

    def list_keys(self) -> Iterator[str]:
        for folder in _list_folders(Path(self.location)):
            for file in sorted(entry.name for entry in folder.iterdir()):
                yield f"{folder.name}/{file}"


def _list_folders(path: Path) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if entry.is_dir()) if path.exists() else []


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
