"""Base command for configuration files rendered from the settings."""

from __future__ import annotations

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError


class GeneratedFilesCommand(BaseCommand):
    """Print the files; --write writes them with mode 600, --check fails if one is stale."""

    requires_system_checks = ()
    program: ClassVar[str]
    reload_hint: ClassVar[str]
    # Other files may hold secrets.
    printed_suffix: ClassVar[str]

    def render(self) -> dict[Path, str]:
        """Return the text of each file. Raise ValueError for an unwritable setting."""
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--write", action="store_true", help="write the files")
        group.add_argument("--check", action="store_true", help="fail if a file is stale")

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
            texts = (text for path, text in files.items() if path.suffix == self.printed_suffix)
            self.stdout.write("\n".join(texts))

    def write(self, files: dict[Path, str]) -> None:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.parent.chmod(0o700)
            changed = get_state(path, text) != "up to date"
            if changed:
                replace_file(path, text)
            self.stdout.write(f"{path}: {'changed' if changed else 'unchanged'}")

    def check_files(self, files: dict[Path, str]) -> None:
        states = {path: get_state(path, text) for path, text in files.items()}
        stale = [f"{path} is {state}" for path, state in states.items() if state != "up to date"]
        if stale:
            raise CommandError(f"{'; '.join(stale)}. {self.reload_hint}")
        self.stdout.write(f"{self.program}'s files are up to date.")


def get_state(path: Path, text: str) -> str:
    """Compare a file with its expected text and mode: up to date, stale, missing, ..."""
    try:
        if path.read_bytes() != text.encode():
            return "stale"
        return "up to date" if path.stat().st_mode & 0o077 == 0 else "open to others"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"unreadable ({error.strerror})"


def replace_file(path: Path, text: str) -> None:
    """Write the file atomically, with mode 600."""
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)
