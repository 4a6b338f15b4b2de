"""Jobs: what a management command does goes through the jobs pool, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Final, cast

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionProxy
from psycopg.errors import UndefinedTable

from config.database.commands import Commands
from config.database.errors import chain, explain, is_unavailable

# These serve the web, by threads, in the web pool.
SERVERS: Final = ("runserver", "testserver")


class JobsAlias(ConnectionProxy):  # type: ignore[type-arg]  # generic in the stubs only
    """The alias `jobs` of a command: by its own name, and the same connection."""

    alias = "jobs"


@contextmanager
def jobs_pool() -> Iterator[None]:
    """Make the alias `default` lead to the jobs pool in this process, for as long as it lasts.

    A router would leave out `atomic()`, `using="default"` and the commands of Django and
    others that name the alias themselves. Each alias keeps its own name, so that
    `using(connection.alias)` means what it says, and a thread has one connection for both.
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
    """Run a management command in the jobs pool; the exit status.

    What the database refuses and what the environment gets wrong ends in one line on the
    standard error and the status 1. `--traceback` shows where it came from.
    """
    try:
        with nullcontext() if argv[1:2] and argv[1] in SERVERS else jobs_pool():
            Commands(list(argv)).execute()
    except ImproperlyConfigured as error:
        return _fail(argv, str(error))
    except KeyboardInterrupt:
        return _fail(argv, "interrupted; a transaction that was open has been rolled back.")
    except Exception as error:
        if "--traceback" in argv or not is_of_the_database(error):
            raise
        return _fail(argv, explain(error))
    return 0


def is_of_the_database(error: Exception) -> bool:
    """Whether the database is at fault: it cannot be asked, or has not been migrated."""
    links = chain(error)
    return is_unavailable(error) or any(isinstance(link, UndefinedTable) for link in links)


def _fail(argv: Sequence[str], reason: str) -> int:
    name = argv[1] if len(argv) > 1 else "manage.py"
    sys.stderr.write(f"{name}: {reason}\n")
    return 1
