from __future__ import annotations

from typing import Any

from django.core.management.commands import dbshell
from django.db.backends.postgresql.client import DatabaseClient

from config.database import direct


class Command(dbshell.Command):
    help = "Runs psql on PostgreSQL itself, outside the pools; psql's options follow --."

    def handle(self, **options: Any) -> None:
        direct.run_program(DatabaseClient, options["parameters"])
