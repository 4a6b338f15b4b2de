import pytest
from django.db import OperationalError

from config.database.faults import explain

# As the servers say it: PgBouncer 1.18 and 1.25, PostgreSQL 15 and 16, libpq.
SAID = [
    ("ERROR:  query_wait_timeout\nSSL connection has been closed unexpectedly", "pool is full"),
    (
        "FATAL:  query_wait_timeout",
        "or PostgreSQL does not answer; PgBouncer's log in var/log says",
    ),
    ("FATAL:  no more connections allowed (max_client_conn)", "all the clients it may have"),
    ('FATAL:  password authentication failed for user "ann"', "role or its password is refused"),
    ("FATAL:  SASL authentication failed", "role or its password is refused"),
    ("FATAL:  no such user", "role or its password is refused"),
    ("FATAL:  no such database: site", "no such database or role"),
    ('FATAL:  database "site" does not exist', "no such database or role"),
    ('FATAL:  role "ann" does not exist', "no such database or role"),
    ('connection to server at "h" (::1), port 1 failed: Connection refused', "nothing listens"),
    ('socket "/run/.s.PGSQL.1" failed: No such file or directory', "nothing listens there"),
    ('could not translate host name "h" to address: Name or service', "there is no such host"),
    ('root certificate file "/ca.crt" does not exist', "encrypted connection could not be made"),
    ("SSL error: certificate verify failed", "encrypted connection could not be made"),
    ("server does not support SSL, but SSL was required", "encrypted connection"),
    ('FATAL:  permission denied for database "site"', "the role may not connect"),
    ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", SSL off', "the role may not connect"),
    (
        "FATAL:  server login has been failing, try again later (server_login_retry)",
        "log in var/log",
    ),
    (
        "FATAL:  server login has been failing, cached error: FATAL: password authentication "
        'failed for user "ann" (server_login_retry)',
        "role or its password is refused",
    ),
    ("FATAL:  pgbouncer cannot connect to server", "PostgreSQL lets PgBouncer in no more"),
    ("FATAL:  the database system is starting up", "PostgreSQL lets PgBouncer in no more"),
    ('FATAL:  too many connections for role "ann"', "PostgreSQL lets PgBouncer in no more"),
    ("FATAL:  sorry, too many clients already", "PostgreSQL lets PgBouncer in no more"),
    ("FATAL:  remaining connection slots are reserved for roles", "PostgreSQL lets PgBouncer in"),
    ("FATAL:  pooler is shutting down", "nothing listens there"),
    ("connection timeout expired", "no answer in time: see whether PostgreSQL and PgBouncer run"),
    ("connection timeout expired", "host name or certificate is at fault, only PgBouncer's log"),
    ("FATAL:  client_login_timeout (server down)", "no answer in time"),
    ("canceling statement due to statement timeout", "longer than the pool's statement timeout"),
]


@pytest.mark.parametrize(("said", "meaning"), SAID)
def test_a_fault_is_explained_in_one_line(said, meaning):
    line = explain(OperationalError(said))
    assert meaning in line
    assert line.endswith(f". ({' '.join(said.split())})")
    assert "\n" not in line


def test_what_nobody_knows_is_said_as_it_came():
    assert explain(OperationalError("FATAL:  the moon\n is full")) == "FATAL: the moon is full"
