from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from files import objects, orphans, trash
from files.models import File, StoredObject
from files.orphans import Orphan
from files.temporary_files import remove_leftovers


class Command(BaseCommand):
    help = (
        "Deletes for good what has been in the trash for 30 days, removes from storage what "
        "could not be removed before, and reports where storage and the database disagree. Run "
        "it daily, for instance from cron."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="report, remove nothing")
        parser.add_argument(
            "--remove-orphans",
            action="store_true",
            help="also remove the objects without a row, and the files whose object is missing; "
            "make sure before that this storage and this database belong together",
        )

    def handle(self, *, dry_run: bool, remove_orphans: bool, **options: Any) -> None:
        failed = [] if dry_run else self._purge()
        if dry_run:
            files, due = File.objects.expired().count(), StoredObject.objects.due().count()
            self.stdout.write(f"expired files: {files}, objects to remove: {due} (dry run)")
        try:
            failed += self._report_orphans(remove=remove_orphans and not dry_run)
        except objects.StorageError as error:
            raise CommandError(f"Storage cannot be read: {error.__cause__}") from error
        if failed:
            some = ", ".join(failed[:3])
            raise CommandError(
                f"{len(failed)} could not be removed ({some}{', ...' if len(failed) > 3 else ''}). "
                "The log says why; the next run tries again."
            )

    def _purge(self) -> list[str]:
        """Remove what is to be removed; the keys of what could not be."""
        files = trash.delete_expired()
        removed, failed = objects.remove_due()
        remove_leftovers()
        self.stdout.write(f"expired files deleted: {files}, leftover objects removed: {removed}")
        return failed

    def _report_orphans(self, *, remove: bool) -> list[str]:
        """Report the orphans and, if so asked, remove them; the keys of what could not be."""
        counts: Counter[Orphan] = Counter()
        failed = []
        with progress_bar() as bar:
            for key, orphan in bar:
                if orphan:
                    counts[orphan] += 1
                    self._write_line(f"{orphan.value}: {key}")
                    if remove and not orphans.remove(key, orphan):
                        failed.append(key)
        told = ", ".join(f"{kind.value}: {counts[kind]}" for kind in Orphan)
        self.stdout.write(f"{told}{' (removed)' if remove else ''}")
        if counts and not remove:
            self.stdout.write("Orphans are removed with --remove-orphans only.")
        return failed

    def _write_line(self, line: str) -> None:
        with tqdm.external_write_mode():
            self.stdout.write(line)


def progress_bar() -> tqdm[tuple[str, Orphan | None]]:
    """The comparison behind a bar on the standard error, where that is a terminal."""
    rows, quiet = StoredObject.objects.count(), not sys.stderr.isatty()
    return tqdm(orphans.compare_keys(), total=rows, unit="", desc="objects", disable=quiet)
