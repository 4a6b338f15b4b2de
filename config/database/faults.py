"""What went wrong with a connection, in one sentence that says what to do."""

from __future__ import annotations

from typing import Final

from django.db import Error

# Words in the message, as PgBouncer 1.18 to 1.25, PostgreSQL and libpq say them (PgBouncer's
# own errors carry no telling SQLSTATE), and what it means. The first that fits counts.
FAULTS: Final = (
    (
        ("query_wait_timeout",),
        "no connection became free in time: either the pool is full (wait until the other jobs "
        "have ended, then run it again) or PostgreSQL does not answer; PgBouncer's log in var/log "
        "says which",
    ),
    (
        ("no more connections allowed", "max_client_conn"),
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
        ("timeout expired", "connection timeout", "client_login_timeout"),
        "no answer in time: see whether PostgreSQL and PgBouncer run; where the server's host "
        "name or certificate is at fault, only PgBouncer's log in var/log says so",
    ),
    (
        ("lock timeout",),
        "somebody else holds the tables: stop the site or wait, then run it again",
    ),
    (
        ("statement timeout",),
        "the statement took longer than the pool's statement timeout",
    ),
)


def explain(error: Error) -> str:
    """One line: what the server said, and what to do about it."""
    said = " ".join(str(error).split())
    for words, meaning in FAULTS:
        if any(word in said for word in words):
            return f"{meaning}. ({said})"
    return said
