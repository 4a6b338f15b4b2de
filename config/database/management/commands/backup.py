from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.database import direct


class Command(BaseCommand):
    help = "Writes a backup of the database for pg_restore."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the backup's path, not on the server's only disk")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        direct.run_program(direct.PgDump, ["--format=custom", f"--file={file}"])
        self.stdout.write(f"{file}: written")
