import psycopg
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import (
    DataError,
    Error,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.db.transaction import TransactionManagementError
from django.db.utils import DatabaseErrorWrapper
from psycopg.errors import lookup
from psycopg.pq import DiagnosticField

from config.database.errors import explain, is_unavailable

# Messages of PgBouncer 1.18 and 1.25, PostgreSQL 15 and 16, and libpq.
MESSAGES = [
    ("ERROR:  query_wait_timeout\nSSL connection has been closed unexpectedly", "pool is full"),
    (
        "FATAL:  query_wait_timeout",
        "or PostgreSQL does not answer; PgBouncer's log in var/log says",
    ),
    ("FATAL:  no more connections allowed (max_client_conn)", "client limit is reached"),
    ('FATAL:  password authentication failed for user "ann"', "role or its password was rejected"),
    ('FATAL:  password authentication failed for user "ann"', "(of a replica) POSTGRES_READ_URL"),
    ("FATAL:  SASL authentication failed", "role or its password was rejected"),
    ("FATAL:  no such user", "role or its password was rejected"),
    ("FATAL:  no such database: site", "no such database or role"),
    ('FATAL:  database "site" does not exist', "no such database or role"),
    ('FATAL:  role "ann" does not exist', "no such database or role"),
    ('connection to server at "h" (::1), port 1 failed: Connection refused', "nothing listens"),
    ('socket "/run/.s.PGSQL.1" failed: No such file or directory', "nothing listens there"),
    ('could not translate host name "h" to address: Name or service', "the host is unknown"),
    ('root certificate file "/ca.crt" does not exist', "the TLS connection failed"),
    ("SSL error: certificate verify failed", "the TLS connection failed"),
    ("server does not support SSL, but SSL was required", "the TLS connection failed"),
    ('FATAL:  permission denied for database "site"', "the role may not connect"),
    ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", SSL off', "the role may not connect"),
    (
        "FATAL:  server login has been failing, try again later (server_login_retry)",
        "log in var/log",
    ),
    (
        "FATAL:  server login has been failing, cached error: FATAL: password authentication "
        'failed for user "ann" (server_login_retry)',
        "role or its password was rejected",
    ),
    ("FATAL:  pgbouncer cannot connect to server", "PostgreSQL rejects PgBouncer's connections"),
    ("FATAL:  the database system is starting up", "PostgreSQL rejects PgBouncer's connections"),
    ('FATAL:  too many connections for role "ann"', "PostgreSQL rejects PgBouncer's connections"),
    ("FATAL:  sorry, too many clients already", "PostgreSQL rejects PgBouncer's connections"),
    ("FATAL:  remaining connection slots are reserved for roles", "PostgreSQL rejects PgBouncer's"),
    ("FATAL:  pooler is shutting down", "nothing listens there"),
    ("connection timeout expired", "no answer in time: check that PostgreSQL and PgBouncer run"),
    ("connection timeout expired", "host name or certificate is wrong, only PgBouncer's log"),
    ("FATAL:  client_login_timeout (server down)", "no answer in time"),
    ("FATAL:  client connections exceeded (max_db_client_connections)", "client limit is reached"),
    ("FATAL:  terminating connection due to idle-in-transaction timeout", "the server ended it"),
    ("FATAL:  terminating connection due to administrator command", "an administrator ended"),
    ("cannot execute INSERT in a read-only transaction", "must name the primary"),
    ("could not extend file: No space left on device", "free some space"),
    ("deadlock detected", "try again"),
    ("connection to server failed: No route to host", "check the network"),
    ("server closed the connection unexpectedly", "the connection was lost"),
    ("canceling statement due to statement timeout", "longer than the pool's statement timeout"),
]


@pytest.mark.parametrize(("message", "meaning"), MESSAGES)
def test_explains_an_error_in_one_line(message, meaning):
    line = explain(OperationalError(message))
    assert meaning in line
    assert line.endswith(f". ({' '.join(message.split())})")
    assert "\n" not in line


def test_unknown_error_is_unchanged():
    assert explain(OperationalError("FATAL:  the moon\n is full")) == "FATAL: the moon is full"


# SQLSTATEs that PostgreSQL and PgBouncer send.
TRANSIENT = {
    "08P01": "PgBouncer's own words",
    "08006": "the connection",
    "25006": "a standby",
    "25P03": "a transaction left idle",
    "25P04": "a transaction that took too long",
    "28P01": "a login that PgBouncer hands on",
    "3D000": "a database that PgBouncer hands on",
    "40001": "others at the same rows",
    "40P01": "others at the same rows",
    "53100": "a full disk",
    "53300": "no connection left",
    "55P03": "a lock",
    "57014": "a statement's timeout",
    "57P01": "a stopped server",
    "57P03": "a starting server",
    "58030": "the disk",
}
OURS = ["22001", "22P02", "23505", "25P02", "26000", "34000", "42501", "42601", "42P01", "54001"]


def wrap(error):
    with pytest.raises(Error) as caught, DatabaseErrorWrapper(connection):
        raise error
    return caught.value


@pytest.mark.parametrize("sqlstate", TRANSIENT)
def test_transient_errors_are_unavailable(sqlstate):
    error = lookup(sqlstate)(TRANSIENT[sqlstate])
    assert is_unavailable(error)
    assert is_unavailable(wrap(error))


@pytest.mark.parametrize("sqlstate", OURS)
def test_statement_errors_are_not_unavailable(sqlstate):
    error = lookup(sqlstate)("the connection pool")
    assert not is_unavailable(error)
    assert not is_unavailable(wrap(error))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("the connection is closed"), True),
        (psycopg.InterfaceError("the connection is closed"), True),
        (psycopg.InternalError("received 2 results from command 'COMMIT'"), True),
        (psycopg.InternalError("a page is broken"), False),
        (psycopg.DatabaseError("server closed the connection unexpectedly"), True),
        (psycopg.InterfaceError("the cursor is closed"), False),
        (psycopg.ProgrammingError("connection in transaction status INTRANS"), False),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), False),
        (OperationalError("FATAL"), True),
        (InterfaceError("connection already closed"), True),
        (ProgrammingError("Cannot open a new connection in an atomic block."), True),
        (ProgrammingError("column does not exist"), False),
        (InternalError("x"), False),
        (DataError("x"), False),
        (ValueError("FATAL"), False),
        (None, False),
    ],
    ids=repr,
)
def test_class_decides_without_an_sqlstate(error, expected):
    assert is_unavailable(error) is expected
    if isinstance(error, psycopg.Error):
        assert is_unavailable(wrap(error)) is expected


def raise_from(kind, error, *, handling=False):
    """Return an error of that kind, raised from the other or while handling it."""
    try:
        try:
            raise error
        except type(error) as cause:
            if handling:
                raise kind("x")  # noqa: B904  sets only __context__
            raise kind("x") from cause
    except kind as outer:
        return outer


@pytest.mark.parametrize("kind", [ValidationError, PermissionDenied, TransactionManagementError])
@pytest.mark.parametrize("handling", [False, True])
def test_finds_the_outage_behind_other_errors(kind, handling):
    assert is_unavailable(raise_from(kind, OperationalError("gone"), handling=handling))
    assert not is_unavailable(raise_from(kind, DataError("wrong"), handling=handling))


def test_raise_from_none_hides_the_context():
    error = raise_from(ValueError, OperationalError("gone"), handling=True)
    assert is_unavailable(error)
    error.__suppress_context__ = True  # like `raise ... from None`
    assert not is_unavailable(error)


def test_explains_the_outage_behind_an_error():
    error = raise_from(ValueError, OperationalError("FATAL:  query_wait_timeout"))
    assert "no connection became free" in explain(error)


@pytest.mark.parametrize(("severity", "expected"), [("FATAL", True), ("ERROR", False)])
def test_fatal_errors_are_unavailable_whatever_their_sqlstate(severity, expected):
    """PgBouncer 1.24 forwards "permission denied for database" to waiting clients."""
    info = {DiagnosticField.SQLSTATE: b"42501", DiagnosticField.SEVERITY: severity.encode()}
    error = lookup("42501")("permission denied", info=info)
    assert is_unavailable(error) is expected
    assert is_unavailable(wrap(error)) is expected
