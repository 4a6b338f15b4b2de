from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from config.observe.jobs import add_rows
from files import objects, orphans, trash
from files.models import File, StoredObject
from files.orphans import Orphan
from files.temporary_files import remove_leftovers


class Command(BaseCommand):
    help = (
        "Deletes files that have been in the trash for 30 days, removes objects left over in "
        "storage, and reports differences between storage and the database. Run it daily, "
        "for example with cron."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="report only; remove nothing")
        parser.add_argument(
            "--remove-orphans",
            action="store_true",
            help="also remove objects without a row, and files whose object is missing; "
            "make sure first that this storage and this database belong together",
        )

    def handle(self, *, dry_run: bool, remove_orphans: bool, **options: Any) -> None:
        failed = [] if dry_run else self._purge()
        if dry_run:
            files, due = File.objects.expired().count(), StoredObject.objects.due().count()
            self.stdout.write(f"expired files: {files}, objects to remove: {due} (dry run)")
        try:
            failed += self._report_orphans(remove=remove_orphans and not dry_run)
        except objects.StorageError as error:
            raise CommandError(f"Cannot read storage: {error.__cause__}") from error
        if failed:
            some = ", ".join(failed[:3])
            raise CommandError(
                f"{len(failed)} could not be removed ({some}{', ...' if len(failed) > 3 else ''}). "
                "The log says why; the next run tries again."
            )

    def _purge(self) -> list[str]:
        """Delete what is due; return the keys that could not be removed."""
        files = trash.delete_expired()
        removed, failed = objects.remove_due()
        remove_leftovers()
        add_rows(files + removed)
        self.stdout.write(f"expired files deleted: {files}, leftover objects removed: {removed}")
        return failed

    def _report_orphans(self, *, remove: bool) -> list[str]:
        """Report the orphans, and remove them if `remove`; return the keys that remain."""
        counts: Counter[Orphan] = Counter()
        failed = []
        with progress_bar() as bar:
            for key, orphan in bar:
                if orphan:
                    counts[orphan] += 1
                    self._write_line(f"{orphan.value}: {key}")
                    if remove and not orphans.remove(key, orphan):
                        failed.append(key)
        summary = ", ".join(f"{kind.value}: {counts[kind]}" for kind in Orphan)
        self.stdout.write(f"{summary}{' (removed)' if remove else ''}")
        if counts and not remove:
            self.stdout.write("Use --remove-orphans to remove the orphans.")
        return failed

    def _write_line(self, line: str) -> None:
        with tqdm.external_write_mode():
            self.stdout.write(line)


def progress_bar() -> tqdm[tuple[str, Orphan | None]]:
    rows, disable = StoredObject.objects.count(), not sys.stderr.isatty()
    return tqdm(orphans.compare_keys(), total=rows, unit="", desc="objects", disable=disable)
