"""Django's command line, every command of which can wait for the database first."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from typing import Any, Final, cast

from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, Error, connections

from config.database.backend.base import DatabaseWrapper
from config.database.errors import is_unavailable, outage
from config.database.policy import PROBE_WAIT

LONGEST_WAIT: Final = 86400
PAUSE: Final = 0.5


class Commands(ManagementUtility):
    """Django's, with one more option for each command, its own and those of others."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        kind = type(super().fetch_command(subcommand))
        waiting = type(kind.__name__, (Waiting, kind), {"__module__": kind.__module__})
        return cast("BaseCommand", waiting())


class Waiting(BaseCommand):
    """Added to a command's class; it gets neither to see the option nor its value."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--wait",
            type=seconds,
            default=0,
            metavar="SECONDS",
            help="Wait up to so many seconds for the database to answer before anything is done.",
        )

    def execute(self, *args: Any, wait: int = 0, **options: Any) -> Any:
        if wait:
            wait_for_database(wait)
        try:
            return super().execute(*args, **options)
        except CommandError as error:
            # Django's own repeat what the server said, in as many lines.
            if "\n" in str(error) and (fault := outage(error)):
                raise fault from error
            raise


def seconds(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= LONGEST_WAIT:
        return int(text)
    raise ArgumentTypeError(
        f"{text!r} is not allowed: give a whole number of seconds from 0 to {LONGEST_WAIT}"
    )


def wait_for_database(seconds: float) -> None:
    """Return as soon as one statement comes back through the pool; the connection stays open.

    Raises the last attempt's error when so many seconds are over.
    """
    connection = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
    end = time.monotonic() + seconds
    while True:
        try:
            return connection.probe(min(PROBE_WAIT, end - time.monotonic()))
        except Error as error:
            connection.close()
            if not is_unavailable(error) or time.monotonic() + PAUSE >= end:
                raise
        time.sleep(PAUSE)
