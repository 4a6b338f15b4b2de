"""Jobs: what a management command does goes through the jobs pool, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import (
    DEFAULT_DB_ALIAS,
    Error,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connections,
)
from psycopg.errors import UndefinedTable

from config.database.faults import explain


@contextmanager
def jobs_pool() -> Iterator[None]:
    """Make the alias `default` mean the jobs pool in this thread, for as long as it lasts.

    A router would leave out `atomic()`, `using="default"` and the commands of Django and
    others that name the alias themselves. This way one process uses one pool, and never two
    connections of it. Threads that a command starts are on the web pool.
    """
    web = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connections["jobs"]
    try:
        yield
    finally:
        connections["jobs"].close()
        connections[DEFAULT_DB_ALIAS] = web


def execute(argv: Sequence[str]) -> int:
    """Run a management command in the jobs pool; the exit status.

    What the database refuses and what the environment gets wrong ends in one line on the
    standard error and the status 1. `--traceback` shows where it came from.
    """
    try:
        with jobs_pool():
            execute_from_command_line(list(argv))
    except ImproperlyConfigured as error:
        return _fail(argv, str(error))
    except (OperationalError, InterfaceError, ProgrammingError) as error:
        if "--traceback" in argv or is_a_mistake_of_ours(error):
            raise
        return _fail(argv, explain(error))
    except KeyboardInterrupt:
        return _fail(argv, "interrupted; a transaction that was open has been rolled back.")
    return 0


def is_a_mistake_of_ours(error: Error) -> bool:
    """A statement that is wrong, unless for want of a table, which migrating makes."""
    return isinstance(error, ProgrammingError) and not isinstance(error.__cause__, UndefinedTable)


def _fail(argv: Sequence[str], reason: str) -> int:
    name = argv[1] if len(argv) > 1 else "manage.py"
    sys.stderr.write(f"{name}: {reason}\n")
    return 1
