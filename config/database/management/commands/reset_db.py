"""Empty every table of the project."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal, sql_flush
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

# A TRUNCATE waits for every transaction on its tables, and all others queue behind it. So it
# waits briefly, lets them pass and tries again.
LOCK_TIMEOUT: Final = "100ms"
PAUSE: Final = 0.2


class Command(BaseCommand):
    help = "Empties all tables of the project and keeps the schema. All data is lost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-input", action="store_true", help="do not prompt")
        parser.add_argument("--force", action="store_true", help="also on a production site")
        parser.add_argument("--seed", action="store_true", help="run `seed` afterwards")

    def handle(self, *, no_input: bool, force: bool, seed: bool, **options: Any) -> None:
        if settings.HTTPS and not force:
            raise CommandError(
                f"{settings.SITE_URL} is a production site. Add --force to empty it anyway."
            )
        server = settings.POSTGRES["jobs"]
        self.stdout.write(
            f"This deletes every row of every table in the database {server.dbname} on "
            f"{server.host}: all accounts, sessions and experts. It cannot be undone."
        )
        if not no_input:
            confirm()
        empty_tables(timeout=settings.POOLS["jobs"].query_wait_timeout)
        self.stdout.write("All tables are empty.")
        if seed:
            call_command("seed", stdout=self.stdout)


def confirm() -> None:
    if not sys.stdin.isatty():
        raise CommandError(
            "there is no terminal to prompt on: add --no-input. Nothing was deleted."
        )
    if input("Type yes to continue: ") != "yes":
        raise CommandError("cancelled, nothing was deleted.")


def empty_tables(*, timeout: float) -> None:
    """Empty all tables as soon as no other transaction locks one of them.

    Raise OperationalError if one still does after `timeout` seconds.
    """
    end = time.monotonic() + timeout
    while True:
        try:
            return truncate_tables()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable) or time.monotonic() > end:
                raise
        time.sleep(PAUSE)


@transaction.atomic
def truncate_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
    statements = sql_flush(no_style(), connection)
    connection.ops.execute_sql_flush(statements)
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
    cache.clear()
