from __future__ import annotations

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.database import pgbouncer
from config.database.console import console_password


class Command(BaseCommand):
    help = "Prints PgBouncer's two ini files, made from the pool policy; --write writes them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--write", action="store_true", help="write the files of both pools")
        group.add_argument("--check", action="store_true", help="fail where a file is stale")

    def handle(self, *args: Any, write: bool, check: bool, **options: Any) -> None:
        try:
            files = rendered(settings.PGBOUNCER_DIR)
        except pgbouncer.UnwritableError as error:
            raise CommandError(str(error)) from error
        if write:
            self.write(files)
        elif check:
            self.check_files(files)
        else:
            self.stdout.write("\n".join(t for path, t in files.items() if path.suffix == ".ini"))

    def write(self, files: dict[Path, str]) -> None:
        settings.PGBOUNCER_DIR.mkdir(parents=True, exist_ok=True)
        settings.PGBOUNCER_DIR.chmod(0o700)
        for path, text in files.items():
            changed = state(path, text) != "up to date"
            if changed:
                replace(path, text)
            self.stdout.write(f"{path}: {'changed' if changed else 'unchanged'}")

    def check_files(self, files: dict[Path, str]) -> None:
        found = {path: state(path, text) for path, text in files.items()}
        if stale := [f"{path} is {what}" for path, what in found.items() if what != "up to date"]:
            raise CommandError(
                f"{'; '.join(stale)}. Run `manage.py pgbouncer_config --write`, "
                "then restart PgBouncer."
            )
        self.stdout.write("PgBouncer's files are up to date.")


def rendered(folder: Path) -> dict[Path, str]:
    """The text of each file of both pools."""
    files = {}
    for name, pool in settings.POOLS.items():
        server = settings.POSTGRES[name]
        files[folder / f"{name}.ini"] = pgbouncer.ini(
            pool,
            server,
            host=settings.PGBOUNCER_HOST,
            folder=str(folder),
            replicas=settings.REPLICAS,
        )
        files[folder / f"{name}.userlist"] = pgbouncer.userlist(
            server, console_password=console_password()
        )
    return files


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
