"""The admin console of a PgBouncer process."""

from __future__ import annotations

import select
import time
from types import TracebackType
from typing import Any, Final, Self

import psycopg
from django.conf import settings
from django.utils.crypto import salted_hmac
from psycopg.rows import dict_row

from config.database.policy import PoolPolicy
from config.database.render.pgbouncer import CONSOLE_USER

ADMIN_DATABASE: Final = "pgbouncer"
# Seconds; the console answers at once or not at all.
CONNECT_TIMEOUT: Final = 5
# From this version on it tells whether all its databases are paused at once.
SHOW_STATE_SINCE: Final = (1, 19)


class ConsoleError(Exception):
    """The console cannot be reached or refuses a command; the text says what to do."""


class PauseTimeoutError(ConsoleError):
    """A pause that open transactions kept from taking hold within its time."""


# The files of a PgBouncer that runs on were written with it.
SALT: Final = "config.database.console"


def get_console_password() -> str:
    """The console user's password, which is the same as long as SECRET_KEY is."""
    return salted_hmac(SALT, CONSOLE_USER, algorithm="sha256").hexdigest()


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
                dbname=ADMIN_DATABASE,
                user=CONSOLE_USER,
                password=get_console_password(),
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
                f"deploy/up, or correct PGBOUNCER_HOST. ({_join_lines(str(error))})"
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

    @property
    def version(self) -> tuple[int, ...]:
        """PgBouncer's version, as in (1, 24, 1)."""
        text = self._connection.info.parameter_status("server_version") or "0"
        return tuple(int(part) for part in text.split("/")[0].split(".") if part.isdigit())

    def get_entry(self) -> dict[str, Any]:
        """The row of SHOW DATABASES that is the pool's, and not the console's own."""
        rows = self.show("DATABASES")
        return next(row for row in rows if row["name"] != ADMIN_DATABASE)

    def is_paused(self) -> bool:
        """Whether clients wait for a RESUME. 1.18 does not tell of a PAUSE without a name."""
        if self.version >= SHOW_STATE_SINCE:
            state = {row["key"]: row["value"] for row in self.show("STATE")}
            return state["active"] != "yes" or bool(self.get_entry()["paused"])
        return bool(self.get_entry()["paused"])

    def pause(self, seconds: float) -> None:
        """Hold back all clients, and close the server connections as their transactions end.

        Returns when none is left. Raises StillBusyError where that takes longer than
        `seconds`: the clients are then held back still, and this console is of no more use.
        """
        command = f"PAUSE {self._entry_name()}"
        try:
            answers = self._fetch_results(command, time.monotonic() + seconds)
        except TimeoutError:
            raise PauseTimeoutError(
                f"transactions were still open after {seconds:g} s, so try again or wait longer "
                "with --timeout"
            ) from None
        except psycopg.Error as error:
            raise self._make_error(command, str(error)) from error
        if refusals := [a for a in answers if a.status != psycopg.pq.ExecStatus.COMMAND_OK]:
            raise self._make_error(command, refusals[0].error_message.decode())

    def _fetch_results(self, command: str, end: float) -> list[psycopg.pq.abc.PGresult]:
        """What comes of a command; psycopg itself waits on after Ctrl-C, for a cancellation."""
        pgconn = self._connection.pgconn
        pgconn.send_query(command.encode())
        while pgconn.is_busy():
            left = max(0, end - time.monotonic())
            if not select.select([pgconn.socket], [], [], left)[0]:
                raise TimeoutError
            pgconn.consume_input()
        return list(iter(pgconn.get_result, None))

    def resume(self) -> bool:
        """Let the clients go on; whether anything was paused, by `pause` or by a bare PAUSE."""
        by_name = bool(self.get_entry()["paused"])
        if by_name:
            self.run(f"RESUME {self._entry_name()}")
        return self._resume_all() or by_name

    def _resume_all(self) -> bool:
        try:
            self.run("RESUME")
        except ConsoleError as error:
            if "not paused" not in str(error):
                raise
            return False
        return True

    def _entry_name(self) -> str:
        return '"{}"'.format(self.get_entry()["name"])

    def _execute(self, cursor: psycopg.Cursor[Any], command: str) -> None:
        try:
            cursor.execute(command.encode())
        except psycopg.Error as error:
            raise self._make_error(command, str(error)) from error

    def _make_error(self, command: str, said: str) -> ConsoleError:
        return ConsoleError(
            f"PgBouncer of the {self.pool.name} pool refuses {command!r}: {_join_lines(said)}"
        )


def _join_lines(said: str) -> str:
    return " ".join(said.split())
