"""Which errors mean overload or outage, and what to do about each, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psycopg
from django.db import Error, InterfaceError, OperationalError

# SQLSTATEs, or the classes that they begin with, of what may come out otherwise another time:
# the connection, a conflict with others, resources, an operator, the system below, a transaction
# that a timeout ended, a standby instead of the primary, a lock, and, as PgBouncer from 1.22 on
# hands on what PostgreSQL says to its logins, the role and the database.
TRANSIENT_SQLSTATES: Final = (
    *("08", "40", "53", "57", "58"),
    *("25006", "25P03", "25P04"),
    *("55006", "55P03"),
    *("28", "3D"),
)
# Severities that end the connection, and so say nothing about the statement. PgBouncer sends
# one with all that it says itself, in every version.
FATAL_SEVERITIES: Final = ("FATAL", "PANIC")
# Django's, for a transaction whose connection has gone.
LOST_TRANSACTION: Final = "Cannot open a new connection in an atomic block."
# psycopg's, where the server's last word and PgBouncer's both answer a COMMIT or a ROLLBACK.
TWO_RESULTS: Final = "received 2 results from command"

# What PgBouncer and PostgreSQL say where too many ask at once.
OVERLOAD_MESSAGES: Final = (
    *("query_wait_timeout", "no more connections allowed", "max_client_conn"),
    *("client connections exceeded", "too many connections", "too many clients"),
    *("remaining connection slots", "statement timeout"),
)

# What PgBouncer, and PostgreSQL while it starts, answer instead of running anything: the
# server was away, and the next attempt may find it again.
SERVER_DOWN_MESSAGES: Final = (
    "server login has been failing",
    "pgbouncer cannot connect to server",
    "the database system is",
)

# What libpq, and PgBouncer from 1.23 on, say while a PgBouncer is being restarted: nothing
# listens yet, or the one that goes has ended the login that was on its way.
SHUTDOWN_MESSAGES: Final = ("pooler is shutting down", "server shutting down")
RESTART_MESSAGES: Final = (
    *SHUTDOWN_MESSAGES,
    "Connection refused",
    "No such file or directory",
    "server closed the connection unexpectedly",
    "Connection reset by peer",
)

# Words in the message, as PgBouncer 1.18 to 1.25, PostgreSQL and libpq say them (PgBouncer's
# own errors carry no telling SQLSTATE), and what it means. The first that fits counts.
EXPLANATIONS: Final = (
    (
        ("query_wait_timeout",),
        "no connection became free in time: either the pool is full (wait until the other jobs "
        "have ended, then run it again) or PostgreSQL does not answer; PgBouncer's log in var/log "
        "says which",
    ),
    (
        ("no more connections allowed", "max_client_conn", "client connections exceeded"),
        "PgBouncer has all the clients it may have: raise POOL_*_MAX_CLIENT_CONN or stop some",
    ),
    (
        ("password authentication failed", "SASL authentication failed", "no such user"),
        "the role or its password is refused: correct POSTGRES_URL and POSTGRES_JOBS_URL, "
        "then run `manage.py pgbouncer_config --write` and restart PgBouncer",
    ),
    (
        ("could not translate host name",),
        "there is no such host: correct POSTGRES_URL and POSTGRES_JOBS_URL, or PGBOUNCER_HOST",
    ),
    (
        ("permission denied for database", "no pg_hba.conf entry", "is not permitted to log in"),
        "the role may not connect: run `manage.py database_roles --sql` and hand what it prints "
        "to an administrator",
    ),
    (
        ("certificate", "SSL", "TLS"),
        "the encrypted connection could not be made: correct sslmode and sslrootcert in "
        "POSTGRES_URL and POSTGRES_JOBS_URL",
    ),
    (
        ('relation "',),
        # Said when new server connections do not find it either (backend/session_state).
        "the database is not up to date: run `manage.py migrate`",
    ),
    (
        ("no such database", "does not exist"),
        "PostgreSQL has no such database or role: correct POSTGRES_URL and POSTGRES_JOBS_URL",
    ),
    (
        ("Connection refused", "No such file or directory", "pooler is", "server shutting down"),
        "nothing listens there: start the site with deploy/up, or correct POSTGRES_URL and "
        "PGBOUNCER_HOST",
    ),
    (
        (
            "server login has been failing",
            "connect failed",
            "server_login_retry",
            "cannot connect to server",
            "the database system is",
            "too many connections",
            "too many clients",
            "remaining connection slots",
        ),
        "PostgreSQL lets PgBouncer in no more: see whether it runs and has connections free; "
        "PgBouncer's log in var/log says why",
    ),
    (
        (
            "timeout expired",
            "query timeout",
            "query_timeout",
            "connection timeout",
            "client_login_timeout",
        ),
        "no answer in time: see whether PostgreSQL and PgBouncer run; where the server's host "
        "name or certificate is at fault, only PgBouncer's log in var/log says so",
    ),
    (
        ("No route to host", "Network is unreachable", "Connection timed out"),
        "the network does not lead to the server: see to it, or correct POSTGRES_URL, "
        "POSTGRES_JOBS_URL or PGBOUNCER_HOST",
    ),
    (
        ("idle-in-transaction timeout", "idle transaction timeout", "transaction timeout"),
        "a transaction was open for too long without a statement, so the server ended it",
    ),
    (
        ("read-only transaction", "during recovery"),
        "the server takes no writes, as a standby: POSTGRES_URL and POSTGRES_JOBS_URL must name "
        "the primary; or a client has left its settings in the pool: `manage.py pools reconnect`",
    ),
    (
        ("No space left on device", "Disk quota exceeded"),
        "PostgreSQL's disk is full: make room, then run it again",
    ),
    (
        ("deadlock detected", "could not serialize access"),
        "somebody else changed the same rows at the same time: run it again",
    ),
    (
        ("administrator command", "admin forced disconnect"),
        "PostgreSQL or PgBouncer was stopped, or an administrator ended the connection: see "
        "whether both run, then run it again",
    ),
    (
        ("lock timeout", "could not obtain lock"),
        "somebody else holds the tables: stop the site or wait, then run it again",
    ),
    (
        ("statement timeout",),
        "the statement took longer than the pool's statement timeout",
    ),
    (
        (
            "server closed the connection unexpectedly",
            "server conn crashed",
            "Connection reset by peer",
            "the connection is closed",
            "connection already closed",
            "the connection is lost",
        ),
        "the connection broke: see whether PostgreSQL and PgBouncer run, then run it again",
    ),
)


def is_unavailable(error: BaseException | None) -> bool:
    """Whether an overload or an outage of the database brought the error about, by whatever
    other errors it went: a server's 503, not a fault of the request or of the code."""
    return find_outage(error) is not None


def find_outage(error: BaseException | None) -> Error | psycopg.Error | None:
    """The error in the chain of causes that means overload or outage; None where none does."""
    return next((link for link in iter_causes(error) if _is_outage(link)), None)  # type: ignore[return-value]


def is_overload(error: BaseException | None) -> bool:
    """Whether there was too much to do at once, rather than a server out of reach."""
    said = str(find_outage(error) or "")
    return any(words in said for words in OVERLOAD_MESSAGES)


def iter_causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, or while what was handled, and so on."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_outage(error: BaseException) -> bool:
    if isinstance(error, psycopg.Error):
        return _is_transient(error)
    if isinstance(error.__cause__, psycopg.Error):
        return False  # Django's wrapper: its cause tells more, and is the next in the chain.
    return isinstance(error, OperationalError | InterfaceError) or str(error) == LOST_TRANSACTION


def _is_transient(error: psycopg.Error) -> bool:
    if not error.sqlstate:
        return _is_connection_error(error)
    severity = error.diag.severity_nonlocalized or error.diag.severity
    return severity in FATAL_SEVERITIES or error.sqlstate.startswith(TRANSIENT_SQLSTATES)


def _is_connection_error(error: psycopg.Error) -> bool:
    """Whether libpq or psycopg says, where no server did, that the connection is no good.

    A result that libpq makes up where the connection breaks has no class of its own.
    """
    if isinstance(error, psycopg.InterfaceError):
        return "connection" in str(error)
    if isinstance(error, psycopg.InternalError):
        return TWO_RESULTS in str(error)
    return isinstance(error, psycopg.OperationalError) or type(error) is psycopg.DatabaseError


def explain(error: BaseException | None) -> str:
    """One line: what the server said, and what to do about it."""
    said = " ".join(str(find_outage(error) or error).split())
    for words, meaning in EXPLANATIONS:
        if any(word in said for word in words):
            return f"{meaning}. ({said})"
    return said


def summarize(error: Exception, seconds: float) -> str:
    """Return the server's message as one line, for a statement that could take `seconds`."""
    text = " ".join(str(error).split())
    if "timeout expired" in text:
        return f"no answer within {seconds} s; PostgreSQL is away or frozen, or the jobs pool full"
    return text.rpartition("FATAL: ")[2].strip() if "FATAL: " in text else text
