"""The admin console of a PgBouncer process."""

from __future__ import annotations

import select
import time
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

import psycopg
from django.conf import settings
from django.utils.crypto import salted_hmac
from psycopg.rows import dict_row

from config.database.policy import PoolPolicy
from config.database.render.pgbouncer import CONSOLE_USER

ADMIN_DATABASE: Final = "pgbouncer"
# Seconds for the login and for each command; the console answers immediately or not at all.
TIME_LIMIT: Final = 5
# The first version with SHOW STATE, which reports a PAUSE of all databases.
SHOW_STATE_SINCE: Final = (1, 19)


class ConsoleError(Exception):
    """The console is unreachable or rejects a command; the message says what to do."""


class PauseTimeoutError(ConsoleError):
    """Transactions were still open when the pause timed out."""


# Fixed: the files of running PgBouncers contain a password derived from it.
SALT: Final = "config.database.console"


def get_console_password() -> str:
    return salted_hmac(SALT, CONSOLE_USER, algorithm="sha256").hexdigest()


class Console:
    """A connection to the console of the pool's PgBouncer process.

        with Console(settings.POOLS["web"]) as console:
            console.show("POOLS")

    Raise ConsoleError if the login or a command is rejected or takes longer than `time_limit`
    (seconds, at least 2); the console is then no longer usable.
    """

    def __init__(self, pool: PoolPolicy, *, time_limit: int = TIME_LIMIT) -> None:
        self.pool, self.time_limit = pool, time_limit

    def __enter__(self) -> Self:
        try:
            self._connection = psycopg.connect(
                host=settings.PGBOUNCER_HOST,
                port=self.pool.listen_port,
                dbname=ADMIN_DATABASE,
                user=CONSOLE_USER,
                password=get_console_password(),
                sslmode="disable",
                connect_timeout=self.time_limit,
                autocommit=True,
                # The console speaks the simple protocol only.
                cursor_factory=psycopg.ClientCursor,
            )
        except psycopg.OperationalError as error:
            raise ConsoleError(
                f"PgBouncer of the {self.pool.name} pool does not answer on "
                f"{settings.PGBOUNCER_HOST}, port {self.pool.listen_port}: run deploy/down, "
                f"then deploy/up, or correct PGBOUNCER_HOST. ({_join_lines(str(error))})"
            ) from error
        raw: Any = self._connection
        raw.wait = partial(raw.wait, timeout=self.time_limit)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def show(self, what: str) -> list[dict[str, Any]]:
        """Return the rows of SHOW `what` by column name, as positions differ between versions."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            self._execute(cursor, f"SHOW {what}")
            return cursor.fetchall()

    def run(self, command: str) -> None:
        with self._connection.cursor() as cursor:
            self._execute(cursor, command)

    @property
    def version(self) -> tuple[int, ...]:
        """PgBouncer's version, as in (1, 24, 1)."""
        text = self._connection.info.parameter_status("server_version") or "0"
        return tuple(int(part) for part in text.split("/")[0].split(".") if part.isdigit())

    def get_entry(self) -> dict[str, Any]:
        rows = self.show("DATABASES")
        return next(row for row in rows if row["name"] != ADMIN_DATABASE)

    def is_paused(self) -> bool:
        """Return whether clients wait for a RESUME. 1.18 does not report an unnamed PAUSE."""
        if self.version >= SHOW_STATE_SINCE:
            state = {row["key"]: row["value"] for row in self.show("STATE")}
            return state["active"] != "yes" or bool(self.get_entry()["paused"])
        return bool(self.get_entry()["paused"])

    def pause(self, seconds: float) -> None:
        """Pause all clients, and close the server connections as their transactions end.

        Return when none is left. Raise PauseTimeoutError after `seconds`; the clients then stay
        paused, and this console is no longer usable.
        """
        command = f"PAUSE {self._entry_name()}"
        try:
            answers = self._fetch_results(command, time.monotonic() + seconds)
        except TimeoutError:
            raise PauseTimeoutError(
                f"transactions were still open after {seconds:g} s: try again or raise --timeout"
            ) from None
        except psycopg.Error as error:
            raise self._make_error(command, str(error)) from error
        if refusals := [a for a in answers if a.status != psycopg.pq.ExecStatus.COMMAND_OK]:
            raise self._make_error(command, refusals[0].error_message.decode())

    def _fetch_results(self, command: str, end: float) -> list[psycopg.pq.abc.PGresult]:
        """Return a command's results; unlike psycopg, stop at once on Ctrl-C."""
        pgconn = self._connection.pgconn
        pgconn.send_query(command.encode())
        while pgconn.is_busy():
            left = max(0, end - time.monotonic())
            if not select.select([pgconn.socket], [], [], left)[0]:
                raise TimeoutError
            pgconn.consume_input()
        return list(iter(pgconn.get_result, None))

    def resume(self) -> bool:
        """Resume the clients; return whether any were paused, by `pause` or an unnamed PAUSE."""
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

    def _make_error(self, command: str, message: str) -> ConsoleError:
        return ConsoleError(
            f"PgBouncer of the {self.pool.name} pool rejects {command!r}: {_join_lines(message)}"
        )


def _join_lines(text: str) -> str:
    return " ".join(text.split())
