"""Uploads in a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class Folder(FileSystemStorage):
    """A folder with one folder for each person. What has been saved survives a power cut."""

    def _save(self, name: str, content: File[Any]) -> str:
        try:
            saved = self._write(name, content)
            path = Path(self.path(saved))
            for place in (path, path.parent, path.parent.parent):
                _sync(place)
        except OSError:
            # The half that fitted onto the disk; names are unique, so it is nobody else's.
            with suppress(OSError):
                self.delete(name)
            raise
        return saved

    def _write(self, name: str, content: File[Any]) -> str:
        saved: str
        try:
            saved = super()._save(name, content)  # type: ignore[misc]
        except FileNotFoundError:
            # The person's last file was deleted in this moment, and the empty folder with it.
            saved = super()._save(name, content)  # type: ignore[misc]
        return saved

    def delete(self, name: str) -> None:
        super().delete(name)
        folder = Path(self.path(name)).parent
        if folder != Path(self.location):
            with suppress(OSError):  # there are other files in it
                folder.rmdir()

    def list_keys(self) -> Iterator[str]:
        """All files in the order of their names, each as folder/name."""
        for folder in _list_folders(Path(self.location)):
            for file in sorted(entry.name for entry in folder.iterdir()):
                yield f"{folder.name}/{file}"


def _list_folders(place: Path) -> list[Path]:
    """The folders in it; none if it is not there yet, as nobody has uploaded anything."""
    return sorted(entry for entry in place.iterdir() if entry.is_dir()) if place.exists() else []


def _sync(path: Path) -> None:
    """Have the disk itself know of it: a file's bytes, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
