"""Direct access to PostgreSQL: roles, connections and logged statements."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import psycopg
from django.conf import settings
from psycopg import sql

INTERVAL: Final = 0.05  # seconds between two reads of pg_stat_activity
BACKENDS: Final = """
    SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename = %s
"""


def connect_as_superuser() -> psycopg.Connection[Any]:
    server = settings.POSTGRES["web"]
    return psycopg.connect(host=server.host, dbname=server.dbname, user="postgres", autocommit=True)


def make_role(name: str) -> str:
    """Create a role with the web role's rights but no limit, and return its password."""
    server, password = settings.POSTGRES["web"], secrets.token_urlsafe()
    statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
        sql.Identifier(name), password, sql.Identifier(server.user)
    )
    with connect_as_superuser() as connection:
        connection.execute(statement)
    return password


def grant_stock_sessions() -> None:
    role = sql.Identifier(settings.POSTGRES["web"].user)
    with connect_as_superuser() as connection:
        connection.execute(sql.SQL("GRANT ALL ON django_session TO {}").format(role))


def store_stock_session(key: str, data: str, expires: datetime) -> None:
    with connect_as_superuser() as connection:
        connection.execute("INSERT INTO django_session VALUES (%s, %s, %s)", [key, data, expires])


def clear_answers() -> None:
    with connect_as_superuser() as connection:
        connection.execute("UPDATE tours_tour SET answered = false")


def count_answers() -> int:
    with connect_as_superuser() as connection:
        return connection.execute("SELECT FROM tours_tour WHERE answered").rowcount


def list_backends(role: str) -> list[int]:
    with connect_as_superuser() as connection:
        return [pid for (pid,) in connection.execute(BACKENDS, [role])]


class Peak:
    """The role's maximum number of connections, sampled every INTERVAL."""

    def __init__(self, role: str) -> None:
        self.role, self.connections = role, 0
        self._end = threading.Event()

    def watch(self) -> None:
        with connect_as_superuser() as connection:
            while not self._end.wait(INTERVAL):
                seen = connection.execute(BACKENDS, [self.role]).rowcount
                self.connections = max(self.connections, seen)

    def stop(self) -> None:
        self._end.set()


@contextmanager
def watch_connections(role: str) -> Iterator[Peak]:
    peak = Peak(role)
    with ThreadPoolExecutor(1) as executor:
        watching = executor.submit(peak.watch)
        try:
            yield peak
        finally:
            peak.stop()
    watching.result()


class Log:
    """The statements in PostgreSQL's log since the object's creation."""

    def __init__(self) -> None:
        self.path = settings.VAR_DIR / "log/postgres.log"
        self._start = self._mark()

    def _mark(self) -> int:
        """Log a marker statement and return its position."""
        mark, deadline = secrets.token_hex(), time.monotonic() + 10
        with connect_as_superuser() as connection:
            connection.execute(f"SELECT '{mark}'")
        while (position := self.path.read_bytes().find(mark.encode())) < 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.path} does not grow: is log_statement on?")
            time.sleep(0.01)
        return int(position)

    def read_statements(self, role: str) -> list[str]:
        end = self._mark()
        text = self.path.read_bytes()[self._start : end].decode()
        return find_statements(text, role)


def find_statements(text: str, role: str) -> list[str]:
    """Return the role's statements, of the simple and of the extended protocol."""
    kind = r"(?:statement|execute [^:]+)"
    return re.findall(rf"\] {re.escape(role)} 00000 LOG:  {kind}: (.*)", text)


@contextmanager
def log_statements() -> Iterator[None]:
    with connect_as_superuser() as session:
        _set_log_statement(session, "all")
        yield
        _set_log_statement(session, "none")


def _set_log_statement(session: psycopg.Connection[Any], statements: str) -> None:
    """Set log_statement globally and wait until an existing session sees it."""
    with connect_as_superuser() as connection:
        connection.execute(
            sql.SQL("ALTER SYSTEM SET log_statement = {}").format(sql.Literal(statements))
        )
        connection.execute("SELECT pg_reload_conf()")
    while session.execute("SHOW log_statement").fetchone() != (statements,):
        time.sleep(0.01)
