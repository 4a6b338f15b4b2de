"""The admin console of a PgBouncer process."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

import psycopg
from django.conf import settings
from django.utils.crypto import salted_hmac
from psycopg.rows import dict_row

from config.database.pgbouncer import CONSOLE_USER
from config.database.policy import PoolPolicy

# Seconds; the console answers at once or not at all.
CONNECT_TIMEOUT: Final = 5


class ConsoleError(Exception):
    """The console cannot be reached or refuses a command; the text says what to do."""


def console_password() -> str:
    """The console user's password, which is the same as long as SECRET_KEY is."""
    return salted_hmac("config.database.console", CONSOLE_USER, algorithm="sha256").hexdigest()


class Console:
    """A connection to the console of the PgBouncer process that serves `pool`.

        with Console(settings.POOLS["web"]) as console:
            console.show("POOLS")

    Raises ConsoleError where nothing answers, and for a command that is refused.
    """

    def __init__(self, pool: PoolPolicy) -> None:
        self.pool = pool

    def __enter__(self) -> Self:
        try:
            self._connection = psycopg.connect(
                host=settings.PGBOUNCER_HOST,
                port=self.pool.listen_port,
                dbname="pgbouncer",
                user=CONSOLE_USER,
                password=console_password(),
                sslmode="disable",
                connect_timeout=CONNECT_TIMEOUT,
                autocommit=True,
                # The console speaks the simple protocol only.
                cursor_factory=psycopg.ClientCursor,
            )
        except psycopg.OperationalError as error:
            raise ConsoleError(
                f"PgBouncer of the {self.pool.name} pool does not answer on "
                f"{settings.PGBOUNCER_HOST}, port {self.pool.listen_port}: start it with "
                f"deploy/up, or correct PGBOUNCER_HOST. ({_one_line(error)})"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def show(self, what: str) -> list[dict[str, Any]]:
        """The rows of SHOW `what`, by column name: the positions differ between versions."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            self._execute(cursor, f"SHOW {what}")
            return cursor.fetchall()

    def run(self, command: str) -> None:
        """Run a command that answers with no rows: RELOAD, PAUSE, RESUME, ..."""
        with self._connection.cursor() as cursor:
            self._execute(cursor, command)

    def _execute(self, cursor: psycopg.Cursor[Any], command: str) -> None:
        try:
            cursor.execute(command.encode())
        except psycopg.Error as error:
            raise ConsoleError(
                f"PgBouncer of the {self.pool.name} pool refuses {command!r}: {_one_line(error)}"
            ) from error


def _one_line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
