"""Run psql and pg_dump outside the pools, where their session settings would persist."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from django.conf import settings
from django.core.management.base import CommandError
from django.db.backends.postgresql.client import DatabaseClient
from django.db.utils import ConnectionHandler

from config.database.render.django import render_database


class PgDump(DatabaseClient):
    executable_name = "pg_dump"


def run_program(kind: type[DatabaseClient], arguments: Sequence[str]) -> None:
    """Run psql or pg_dump directly on PostgreSQL as POSTGRES_ADMIN_URL's role.

    Raise CommandError if the program is missing or fails; it prints its own errors.
    """
    entry = render_database(
        settings.POOLS["jobs"], settings.POSTGRES_ADMIN, pooling="direct", pgbouncer_host=""
    )
    connection = ConnectionHandler({"default": entry}).create_connection("default")
    try:
        kind(connection).runshell(list(arguments))
    except FileNotFoundError as error:
        raise CommandError(
            f"{kind.executable_name} is missing: install PostgreSQL's client programs."
        ) from error
    except subprocess.CalledProcessError as error:
        raise CommandError(
            f"{kind.executable_name} failed.", returncode=error.returncode
        ) from error
