"""Classify database errors as overload or outage, and explain them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeGuard

import psycopg
from django.db import Error, InterfaceError, OperationalError

# SQLSTATEs, or their classes, of errors that a later attempt may not meet: connection, conflict,
# resources, operator, system, transaction timeout, standby instead of primary, lock, and (since
# PgBouncer 1.22 forwards PostgreSQL's login errors) role and database.
TRANSIENT_SQLSTATES: Final = (
    *("08", "40", "53", "57", "58"),
    *("25006", "25P03", "25P04"),
    *("55006", "55P03"),
    *("28", "3D"),
)
# Severities that end the connection and say nothing about the statement. PgBouncer, in every
# version, sends one with each of its own errors.
FATAL_SEVERITIES: Final = ("FATAL", "PANIC")
# Django's message if a transaction has lost its connection.
LOST_TRANSACTION: Final = "Cannot open a new connection in an atomic block."
# psycopg's message if both the server and PgBouncer answer a COMMIT or ROLLBACK.
TWO_RESULTS: Final = "received 2 results from command"

# PgBouncer's messages for too many client connections.
CLIENT_LIMIT_MESSAGES: Final = (
    "no more connections allowed",
    "max_client_conn",
    "client connections exceeded",
)
# PgBouncer's and PostgreSQL's messages for too many clients.
OVERLOAD_MESSAGES: Final = (
    *("query_wait_timeout", *CLIENT_LIMIT_MESSAGES),
    *("too many connections", "too many clients"),
    *("remaining connection slots", "statement timeout"),
)

# PgBouncer, or a starting PostgreSQL, ran nothing: the server was unreachable, and the next
# attempt may succeed.
SERVER_DOWN_MESSAGES: Final = (
    "server login has been failing",
    "pgbouncer cannot connect to server",
    "the database system is",
)

# Messages of libpq, and of PgBouncer since 1.23, while PgBouncer restarts: nothing listens yet,
# or the old process has dropped a login.
SHUTDOWN_MESSAGES: Final = ("pooler is shutting down", "server shutting down")
RESTART_MESSAGES: Final = (
    *SHUTDOWN_MESSAGES,
    "Connection refused",
    "No such file or directory",
    "server closed the connection unexpectedly",
    "Connection reset by peer",
)

# The URLs of the pools' roles: a message does not tell which one it is about.
URLS: Final = "POSTGRES_URL, POSTGRES_JOBS_URL or (of a replica) POSTGRES_READ_URL"

# Parts of the messages of PgBouncer 1.18 to 1.25, PostgreSQL and libpq, and what each means
# (PgBouncer's own errors have no specific SQLSTATE). The first match wins.
EXPLANATIONS: Final = (
    (
        ("query_wait_timeout",),
        "no connection became free in time: either the pool is full (wait for other jobs to end, "
        "then try again) or PostgreSQL does not answer; PgBouncer's log in var/log says which",
    ),
    (
        CLIENT_LIMIT_MESSAGES,
        "PgBouncer's client limit is reached: raise POOL_*_MAX_CLIENT_CONN or stop some clients",
    ),
    (
        ("password authentication failed", "SASL authentication failed", "no such user"),
        f"the role or its password was rejected: correct {URLS}, "
        "then run `manage.py pgbouncer_config --write` and restart PgBouncer",
    ),
    (
        ("could not translate host name",),
        f"the host is unknown: correct {URLS}, or PGBOUNCER_HOST",
    ),
    (
        ("permission denied for database", "no pg_hba.conf entry", "is not permitted to log in"),
        "the role may not connect: run `manage.py database_roles --sql` and give its output "
        "to an administrator",
    ),
    (
        ("certificate", "SSL", "TLS"),
        f"the TLS connection failed: correct sslmode and sslrootcert in {URLS}",
    ),
    (
        ('relation "',),
        # New server connections do not find the table either (backend/session_state).
        "the database is not up to date: run `manage.py migrate`",
    ),
    (
        ("no such database", "does not exist"),
        f"PostgreSQL has no such database or role: correct {URLS}",
    ),
    (
        ("Connection refused", "No such file or directory", "pooler is", "server shutting down"),
        "nothing listens there: start the site with deploy/up (after deploy/down if it runs), or "
        "correct POSTGRES_URL and PGBOUNCER_HOST",
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
        "PostgreSQL rejects PgBouncer's connections: check that it runs and has free connections; "
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
        "no answer in time: check that PostgreSQL and PgBouncer run; if the server's host "
        "name or certificate is wrong, only PgBouncer's log in var/log says so",
    ),
    (
        ("No route to host", "Network is unreachable", "Connection timed out"),
        f"the server is unreachable: check the network, or correct {URLS}, or PGBOUNCER_HOST",
    ),
    (
        ("idle-in-transaction timeout", "idle transaction timeout", "transaction timeout"),
        "a transaction was idle for too long, so the server ended it",
    ),
    (
        ("read-only transaction", "during recovery"),
        "the server is read-only: POSTGRES_URL and POSTGRES_JOBS_URL must name the primary; or a "
        "client has left its settings in the pool: run `manage.py pools reconnect`",
    ),
    (
        ("No space left on device", "Disk quota exceeded"),
        "PostgreSQL's disk is full: free some space, then try again",
    ),
    (
        ("deadlock detected", "could not serialize access"),
        "another transaction changed the same rows: try again",
    ),
    (
        ("administrator command", "admin forced disconnect"),
        "PostgreSQL or PgBouncer was stopped, or an administrator ended the connection: check "
        "that both run, then try again",
    ),
    (
        ("lock timeout", "could not obtain lock"),
        "another transaction has locked the tables: stop the site or wait, then try again",
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
        "the connection was lost: check that PostgreSQL and PgBouncer run, then try again",
    ),
)


def is_unavailable(error: BaseException | None) -> bool:
    """Return whether an overload or outage of the database caused the error (a 503)."""
    return find_outage(error) is not None


def find_outage(error: BaseException | None) -> Error | psycopg.Error | None:
    return next((link for link in iter_causes(error) if _is_outage(link)), None)


def is_overload(error: BaseException | None) -> bool:
    """Return whether there were too many clients, rather than an unreachable server."""
    message = str(find_outage(error) or "")
    return any(words in message for words in OVERLOAD_MESSAGES)


def iter_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and its causes, explicit (`from`) or implicit (the context)."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_outage(error: BaseException) -> TypeGuard[Error | psycopg.Error]:
    if isinstance(error, psycopg.Error):
        return _is_transient(error)
    if isinstance(error.__cause__, psycopg.Error):
        return False  # Django's wrapper: its cause, the next in the chain, is more specific.
    return isinstance(error, OperationalError | InterfaceError) or str(error) == LOST_TRANSACTION


def _is_transient(error: psycopg.Error) -> bool:
    if not error.sqlstate:
        return _is_connection_error(error)
    severity = error.diag.severity_nonlocalized or error.diag.severity
    return severity in FATAL_SEVERITIES or error.sqlstate.startswith(TRANSIENT_SQLSTATES)


def _is_connection_error(error: psycopg.Error) -> bool:
    """Return whether libpq or psycopg, rather than a server, reports a broken connection.

    psycopg raises a plain DatabaseError for the result that libpq generates in that case.
    """
    if isinstance(error, psycopg.InterfaceError):
        return "connection" in str(error)
    if isinstance(error, psycopg.InternalError):
        return TWO_RESULTS in str(error)
    return isinstance(error, psycopg.OperationalError) or type(error) is psycopg.DatabaseError


def explain(error: BaseException | None) -> str:
    """Return one line: what to do about the error, and the server's message."""
    message = " ".join(str(find_outage(error) or error).split())
    for words, meaning in EXPLANATIONS:
        if any(word in message for word in words):
            return f"{meaning}. ({message})"
    return message


def summarize(error: Exception, seconds: float, pool: str = "jobs") -> str:
    """Return the server's message as one line, for a statement in `pool` limited to `seconds`."""
    text = " ".join(str(error).split())
    if "timeout expired" in text:
        causes = f"PostgreSQL or PgBouncer is down or frozen, or the {pool} pool is full"
        return f"no answer in {seconds:g} s; {causes}"
    return text.rpartition("FATAL: ")[2].strip() if "FATAL: " in text else text
