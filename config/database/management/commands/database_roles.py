from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import ProgrammingError, connection, transaction
from psycopg.errors import Diagnostic

from config.database.render import roles
from config.database.render.readers import get_reader_limits, list_reader_grants, render_readers
from config.database.render.roles import Grant

# Warnings of a GRANT or REVOKE that lacks the right: nothing was granted or revoked.
NO_EFFECT = {"01006", "01007"}


class Command(BaseCommand):
    help = "Grants the web and jobs roles their rights, as far as the jobs role may."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sql",
            action="store_true",
            help="print a psql script for an administrator that also creates the roles",
        )

    def handle(self, *args: Any, sql: bool, verbosity: int, **options: Any) -> None:
        if sql:
            script = roles.render_script(
                settings.POOLS,
                settings.POSTGRES,
                settings.POSTGRES_ADMIN,
                settings.POSTGRES_MONITOR,
            )
            readers = render_readers(
                settings.READ_POOLS,
                settings.POSTGRES_READ,
                settings.POSTGRES["jobs"],
            )
            self.stdout.write(script + "".join(f"{line}\n" for line in readers), ending="")
            return
        for grant in list_missing_grants():
            if not apply_grant(grant):
                self.stdout.write(
                    f"{grant.purpose}: unchanged, ask an administrator to run: {grant.statement};"
                )
            elif verbosity > 0:
                self.stdout.write(f"{grant.purpose}: done")


def list_missing_grants() -> list[Grant]:
    web, jobs = settings.POSTGRES["web"], settings.POSTGRES["jobs"]
    limits = roles.get_connection_limits(settings.POOLS, settings.POSTGRES, settings.POSTGRES_ADMIN)
    readers = get_reader_limits(settings.READ_POOLS, settings.POSTGRES_READ)
    there = get_current_limits()
    grants = [
        roles.limit_connections(role, n)
        for role, n in (limits | readers).items()
        if there.get(role) != n
    ]
    for reader in readers:
        grants += list_reader_grants(reader, jobs)
    if web.user != jobs.user:
        grants += roles.list_database_grants(web, jobs) + roles.list_row_grants(web, jobs)
    return grants


def get_current_limits() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolconnlimit FROM pg_roles")
        return dict(cursor.fetchall())


def apply_grant(grant: Grant) -> bool:
    """Run the statement in its own transaction; return whether it had an effect."""
    notices: list[str | None] = []

    def note(notice: Diagnostic) -> None:
        notices.append(notice.sqlstate)

    connection.ensure_connection()
    driver = connection.connection
    driver.add_notice_handler(note)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(grant.statement)
    except ProgrammingError:
        return False
    finally:
        driver.remove_notice_handler(note)
    return not NO_EFFECT.intersection(notices)
