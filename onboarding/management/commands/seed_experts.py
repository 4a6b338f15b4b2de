"""Load the experts' catalogue from a file."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from config.observe.jobs import add_rows
from onboarding import seeding
from onboarding.catalogue import FIELDS, REQUIRED, CatalogueError, read_records

# Requests take priority.
NICENESS: Final = 10


class Command(BaseCommand):
    help = (
        "Loads experts from a JSON array of objects with the fields "
        f"{', '.join(FIELDS)} (required: {', '.join(n for n in FIELDS if n in REQUIRED)}). "
        "New slugs are created, known ones updated; nothing is written if a record is invalid."
    )

    def run_from_argv(self, argv: list[str]) -> None:
        os.nice(NICENESS)
        super().run_from_argv(argv)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--file",
            type=Path,
            default=seeding.DEFAULT_FILE,
            help="default: the project's five experts",
        )
        parser.add_argument("--dry-run", action="store_true", help="report only; write nothing")

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            with file.open("rb") as source, progress_bar(source) as bar:
                tally = seeding.load(read_records(ProgressReader(source, bar)), dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except CatalogueError as error:
            reason = str(error).removesuffix(".")
            raise CommandError(f"{file}: {reason}. Nothing was written.") from error
        add_rows(tally.created + tally.updated)
        self.stdout.write(f"experts: {tally}{' (dry run, nothing written)' if dry_run else ''}")


class ProgressReader:
    """A file that moves a progress bar when it is read."""

    def __init__(self, file: BinaryIO, bar: tqdm[NoReturn]) -> None:
        self._file, self._bar = file, bar

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._bar.update(len(data))
        return data


def progress_bar(file: BinaryIO) -> tqdm[NoReturn]:
    size = os.fstat(file.fileno()).st_size
    disable = not sys.stderr.isatty()
    return tqdm(total=size, unit="B", unit_scale=True, desc="experts", disable=disable)
