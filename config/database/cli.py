"""Run every management command in the jobs pool."""

from __future__ import annotations

import os
import select
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Final, TextIO, cast

from django import setup
from django.core.exceptions import ImproperlyConfigured
from django.core.management import ManagementUtility
from django.core.management.base import CommandError, SystemCheckError
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionProxy
from psycopg.errors import UndefinedTable

from config.database.backend.base import DatabaseWrapper
from config.database.errors import explain, is_unavailable, iter_causes
from config.database.policy import PROBE_WAIT
from config.observe.jobs import record_job

# These serve requests, so they stay in the web pool.
WEB_COMMANDS: Final = ("runserver", "testserver")
# An option of commands that then do nothing.
DRY_RUN: Final = "--dry-run"
# Seconds.
MAX_WAIT: Final = 86400
RETRY_INTERVAL: Final = 0.5
# The shell's status of a program that SIGPIPE ended.
PIPE_STATUS: Final = 141


class JobsAlias(ConnectionProxy):  # type: ignore[type-arg]  # generic in the stubs only
    """The alias `jobs`, sharing the connection of `default`."""

    alias = "jobs"


@contextmanager
def use_jobs_pool() -> Iterator[None]:
    """Point the alias `default` at the jobs pool in this process.

    A router would not cover `atomic()`, `using="default"` and third-party commands that name
    the alias. Each alias keeps its name, so `using(connection.alias)` still works, and both
    share one connection per thread.
    """
    entries, web, jobs = connections.settings, connections[DEFAULT_DB_ALIAS], connections["jobs"]
    connections.settings = entries | {DEFAULT_DB_ALIAS: jobs.settings_dict}
    jobs.alias, connections[DEFAULT_DB_ALIAS] = DEFAULT_DB_ALIAS, jobs
    both: Any = {DEFAULT_DB_ALIAS: jobs}
    connections["jobs"] = cast("BaseDatabaseWrapper", JobsAlias(both, DEFAULT_DB_ALIAS))
    try:
        yield
    finally:
        jobs.close()
        jobs.alias, connections["jobs"] = "jobs", jobs
        connections.settings, connections[DEFAULT_DB_ALIAS] = entries, web


def execute(argv: Sequence[str]) -> int:
    """Run a management command in the jobs pool; return the exit status.

    It ends quietly if the reader of its output has gone, as in `manage.py doctor | head`.
    """
    try:
        try:
            return run(argv)
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except BrokenPipeError:
        if not (lost := [stream for stream in (sys.stdout, sys.stderr) if has_lost_reader(stream)]):
            raise
        for stream in lost:
            # Python writes what is left when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return PIPE_STATUS


def has_lost_reader(stream: TextIO) -> bool:
    poll = select.poll()
    poll.register(stream, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def run(argv: Sequence[str]) -> int:
    """Run a management command in the jobs pool; return the exit status.

    `--wait SECONDS` makes any command wait for the database first. Database and configuration
    errors are printed as one line on standard error; `--traceback` shows the traceback.
    """
    try:
        wait, argv = parse_wait(argv)
        name = "".join(argv[1:2])
        pool = nullcontext() if name in WEB_COMMANDS else use_jobs_pool()
        with pool, record_job("" if DRY_RUN in argv else name):
            if wait:
                setup()  # without it Django warns of statements during its start
                wait_for_database(wait)
            ManagementUtility(add_traceback(argv)).execute()
    except ImproperlyConfigured as error:
        return _report(argv, str(error))
    except KeyboardInterrupt:
        return _report(argv, "interrupted; any open transaction was rolled back.")
    except Exception as error:
        if "--traceback" in argv:
            raise
        if isinstance(error, CommandError) and not quotes_outage(error):
            # The message of a SystemCheckError begins with its name.
            prefix = "" if isinstance(error, SystemCheckError) else f"{type(error).__name__}: "
            sys.stderr.write(f"{prefix}{error}\n")
            return error.returncode
        if not is_database_error(error):
            raise
        return _report(argv, explain(error))
    return 0


def parse_wait(argv: Sequence[str]) -> tuple[int, list[str]]:
    parser = ArgumentParser(prog=" ".join(argv[:2]), add_help=False, allow_abbrev=False)
    parser.add_argument("--wait", type=parse_seconds, default=0, metavar="SECONDS")
    options, rest = parser.parse_known_args(argv[1:])
    return options.wait, [*argv[:1], *rest]


def add_traceback(argv: Sequence[str]) -> list[str]:
    """Add `--traceback`, so that Django raises a CommandError instead of printing it."""
    name, rest = argv[1:2], argv[2:]
    if not name or name[0].startswith("-"):
        return list(argv)
    return [argv[0], name[0], "--traceback", *rest]


def wait_for_database(seconds: float) -> None:
    """Wait until a statement succeeds through the pool; keep the connection open.

    Raise the last error after `seconds`.
    """
    connection = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
    end = time.monotonic() + seconds
    while True:
        try:
            return connection.probe(min(PROBE_WAIT, end - time.monotonic()))
        except Error as error:
            connection.close()
            if not is_unavailable(error) or time.monotonic() + RETRY_INTERVAL >= end:
                raise
        time.sleep(RETRY_INTERVAL)


def quotes_outage(error: CommandError) -> bool:
    """Return whether the message quotes an outage, as Django's own multi-line messages do."""
    return "\n" in str(error) and is_unavailable(error)


def is_database_error(error: Exception) -> bool:
    """Return whether the database is unavailable or not migrated."""
    links = iter_causes(error)
    return is_unavailable(error) or any(isinstance(link, UndefinedTable) for link in links)


def parse_seconds(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= MAX_WAIT:
        return int(text)
    raise ArgumentTypeError(
        f"{text!r} is not allowed: give a whole number of seconds from 0 to {MAX_WAIT}"
    )


def _report(argv: Sequence[str], reason: str) -> int:
    name = argv[1] if len(argv) > 1 else "manage.py"
    sys.stderr.write(f"{name}: {reason}\n")
    return 1
