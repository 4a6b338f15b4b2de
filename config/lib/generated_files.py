"""Commands that write another program's files from the settings."""

from __future__ import annotations

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError


class GeneratedFilesCommand(BaseCommand):
    """Prints the files; --write writes them, --check fails where one is stale.

    A file is readable by its owner only.
    """

    requires_system_checks = ()
    program: ClassVar[str]
    # What brings changed files into force.
    renew: ClassVar[str]
    # Which of the files are printed: others may hold secrets.
    printed: ClassVar[str]

    def render(self) -> dict[Path, str]:
        """The text of each file. Raises ValueError for a setting that a file cannot hold."""
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--write", action="store_true", help="write the files")
        group.add_argument("--check", action="store_true", help="fail where a file is stale")

    def handle(self, *args: Any, write: bool, check: bool, **options: Any) -> None:
        try:
            files = self.render()
        except ValueError as error:
            raise CommandError(str(error)) from error
        if write:
            self.write(files)
        elif check:
            self.check_files(files)
        else:
            texts = (text for path, text in files.items() if path.suffix == self.printed)
            self.stdout.write("\n".join(texts))

    def write(self, files: dict[Path, str]) -> None:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.parent.chmod(0o700)
            changed = state(path, text) != "up to date"
            if changed:
                replace(path, text)
            self.stdout.write(f"{path}: {'changed' if changed else 'unchanged'}")

    def check_files(self, files: dict[Path, str]) -> None:
        found = {path: state(path, text) for path, text in files.items()}
        if stale := [f"{path} is {what}" for path, what in found.items() if what != "up to date"]:
            raise CommandError(f"{'; '.join(stale)}. {self.renew}")
        self.stdout.write(f"{self.program}'s files are up to date.")


def state(path: Path, text: str) -> str:
    """How a file stands to the text that it should hold: up to date, missing, ..."""
    try:
        if path.read_bytes() != text.encode():
            return "stale"
        return "up to date" if path.stat().st_mode & 0o077 == 0 else "open to others"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"unreadable ({error.strerror})"


def replace(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)
