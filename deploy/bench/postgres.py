"""PostgreSQL itself, around the poolers: roles, connections, and the statements that arrive."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from django.conf import settings
from psycopg import sql

INTERVAL: Final = 0.05  # seconds between two looks at pg_stat_activity
BACKENDS: Final = """
    SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename = %s
"""


def superuser() -> psycopg.Connection[Any]:
    server = settings.POSTGRES["web"]
    return psycopg.connect(host=server.host, dbname=server.dbname, user="postgres", autocommit=True)


def make_role(name: str) -> str:
    """A role with the web's rights and without its limit, so that its connections are told apart;
    the URL by which it logs in."""
    server, password = settings.POSTGRES["web"], secrets.token_urlsafe()
    statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
        sql.Identifier(name), password, sql.Identifier(server.user)
    )
    with superuser() as connection:
        connection.execute(statement)
    return f"postgresql://{name}:{password}@/{server.dbname}?host={server.host}"


def copy_sessions() -> None:
    """The sessions, which Django's own engine reads in the same form, to its own table."""
    columns = "session_key, session_data, expire_date"
    with superuser() as connection:
        connection.execute(
            f"INSERT INTO django_session ({columns}) SELECT {columns} FROM accounts_session"  # noqa: S608
        )


def backends(role: str) -> list[int]:
    """The processes that serve the role's connections."""
    with superuser() as connection:
        return [pid for (pid,) in connection.execute(BACKENDS, [role])]


class Peak:
    """The most connections that the role had at once, as seen every INTERVAL."""

    def __init__(self, role: str) -> None:
        self.role, self.connections = role, 0
        self._end = threading.Event()

    def watch(self) -> None:
        with superuser() as connection:
            while not self._end.wait(INTERVAL):
                seen = connection.execute(BACKENDS, [self.role]).rowcount
                self.connections = max(self.connections, seen)

    def stop(self) -> None:
        self._end.set()


@contextmanager
def watched(role: str) -> Iterator[Peak]:
    peak = Peak(role)
    with ThreadPoolExecutor(1) as executor:
        watching = executor.submit(peak.watch)
        try:
            yield peak
        finally:
            peak.stop()
    watching.result()


class Log:
    """The statements in PostgreSQL's log since this object was made."""

    def __init__(self) -> None:
        self.path = settings.VAR_DIR / "log/postgres.log"
        self._start = self._mark()

    def _mark(self) -> int:
        """The log's length when a statement of our own has arrived in it."""
        mark, deadline = secrets.token_hex(), time.monotonic() + 10
        with superuser() as connection:
            connection.execute(f"SELECT '{mark}'")
        while (place := self.path.read_bytes().find(mark.encode())) < 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.path} does not grow: is log_statement on?")
            time.sleep(0.01)
        return int(place)

    def statements(self, role: str) -> list[str]:
        end = self._mark()
        text = self.path.read_bytes()[self._start : end].decode()
        return re.findall(rf"\] {re.escape(role)} 00000 LOG:  statement: (.*)", text)


@contextmanager
def logged() -> Iterator[None]:
    """Within the block every statement is logged."""
    with superuser() as session:
        _have_logged(session, "all")
        yield
        _have_logged(session, "none")


def _have_logged(session: psycopg.Connection[Any], statements: str) -> None:
    """Set log_statement for all; until the change has reached a session that was there before."""
    with superuser() as connection:
        connection.execute(
            sql.SQL("ALTER SYSTEM SET log_statement = {}").format(sql.Literal(statements))
        )
        connection.execute("SELECT pg_reload_conf()")
    while session.execute("SHOW log_statement").fetchone() != (statements,):
        time.sleep(0.01)
