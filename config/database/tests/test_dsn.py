import traceback

import pytest

from config.database.dsn import SYSTEM_CA_FILE, ServerURLError, parse_server_url

SECRET = "s3cret"


def parsed(url):
    return parse_server_url("POSTGRES_URL", url)


def refusal(url):
    with pytest.raises(ServerURLError) as caught:
        parsed(url)
    return str(caught.value)


def test_every_part_of_a_url_is_understood():
    server = parsed("postgresql://ann:s3cret@db.example:5433/site")
    assert (server.host, server.port, server.dbname) == ("db.example", 5433, "site")
    assert (server.user, server.password, server.sslmode) == ("ann", "s3cret", "prefer")


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgres://ann@db.example/site", "db.example", 5432),
        ("postgresql://ann@/site", "localhost", 5432),
        ("postgresql://ann@[::1]:6000/site", "::1", 6000),
        ("postgresql://ann@/site?host=/run/my%20server&port=5433", "/run/my server", 5433),
        ("postgresql://ann@%2Frun%2Fpostgresql/site", "/run/postgresql", 5432),
    ],
)
def test_host_and_port_in_every_form(url, host, port):
    assert (parsed(url).host, parsed(url).port) == (host, port)


def test_characters_with_a_meaning_in_urls_are_decoded():
    server = parsed("postgresql://we%20b:p%25%40%2F%C3%BC@h/my%20db")
    assert (server.user, server.password, server.dbname) == ("we b", "p%@/ü", "my db")


@pytest.mark.parametrize(
    "ignored", ["connect_timeout=3", "application_name=x", "channel_binding=require"]
)
def test_what_the_policy_decides_is_left_out(ignored):
    assert parsed(f"postgresql://ann@h/site?{ignored}") == parsed("postgresql://ann@h/site")


@pytest.mark.parametrize(
    ("query", "mode", "authorities"),
    [
        ("", "prefer", ""),
        ("sslmode=disable", "disable", ""),
        ("sslmode=require", "require", ""),
        ("sslmode=require&sslrootcert=/ca.crt", "verify-ca", "/ca.crt"),
        ("sslmode=verify-ca&sslrootcert=/ca.crt", "verify-ca", "/ca.crt"),
        ("sslmode=verify-full&sslrootcert=/ca.crt", "verify-full", "/ca.crt"),
        ("sslmode=verify-full&sslrootcert=system", "verify-full", SYSTEM_CA_FILE),
        ("sslrootcert=system", "verify-full", SYSTEM_CA_FILE),
    ],
)
def test_encryption_follows_libpqs_rules(query, mode, authorities):
    server = parsed(f"postgresql://ann@h/site?{query}")
    assert (server.sslmode, server.sslrootcert) == (mode, authorities)


def test_a_socket_is_not_encrypted():
    server = parsed("postgresql://ann@/site?host=/run&sslmode=verify-full")
    assert (server.sslmode, server.is_local_socket) == ("disable", True)


def test_a_clients_certificate_is_kept():
    server = parsed("postgresql://ann@h/site?sslcert=/c.crt&sslkey=/c.key")
    assert (server.sslcert, server.sslkey) == ("/c.crt", "/c.key")


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("mysql://ann:s3cret@h/site", "is not a PostgreSQL URL"),
        ("host=h password=s3cret", "is not a PostgreSQL URL"),
        ("postgresql://ann:s3cret@h/site?pgbouncer=true", "cannot be parsed"),
        ("postgresql://ann:s3cret%zz@h/site", "cannot be parsed"),
        ("postgresql://ann:s3cret%00@h/site", "cannot be parsed"),
        ("postgresql://ann:s3cret@a,b/site", "several hosts"),
        ("postgresql://:s3cret@h/site", "names no user"),
        ("postgresql://ann:s3cret@h", "names no dbname"),
        ("postgresql://ann:s3cret@h:0/site", "has an invalid port"),
        ("postgresql://ann:s3cret@h:65536/site", "has an invalid port"),
        ("postgresql://ann:s3cret@h:port/site", "has an invalid port"),
        ("postgresql://ann:s3cret@h/site?options=-csearch_path%3Dx", "sets options"),
        ("postgresql://ann:s3cret@h/site?target_session_attrs=any", "target_session_attrs"),
        ("postgresql://ann:s3cret@h/site?sslmode=yes", "has an invalid sslmode"),
        ("postgresql://ann:s3cret@h/site?sslmode=verify-full", "without a CA to verify with"),
        ("postgresql://ann:s3cret@h/site?sslrootcert=ca.crt", "absolute path"),
        ("postgresql://ann:s3cret%0A@h/site", "has a password with leading or trailing whitespace"),
        ("postgresql://ann:%20s3cret@h/site", "has a password with leading or trailing whitespace"),
        (
            "postgresql://ann:s3cret@h/site%0D%0Ax",
            "has a dbname with leading or trailing whitespace",
        ),
        ("postgresql://ann%7F:s3cret@h/site", "has a user with leading or trailing whitespace"),
        (
            "postgresql://ann:s3cret@/site?host=/run%0Ax",
            "has a host with leading or trailing whitespace",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_without_a_secret(url, cause):
    message = refusal(url)
    assert message.startswith("POSTGRES_URL ")
    assert cause in message
    assert SECRET not in message


def test_the_password_is_neither_in_a_traceback_nor_in_a_repr():
    with pytest.raises(ServerURLError) as caught:
        parsed("postgresql://ann:s3cret%zz@h/site")
    error = caught.value
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert SECRET not in "".join(traceback.format_exception_only(error))
    assert SECRET not in repr(parsed("postgresql://ann:s3cret@h/site"))


def test_the_error_names_the_variable_it_came_from():
    with pytest.raises(ServerURLError, match=r"^POSTGRES_JOBS_URL names no user"):
        parse_server_url("POSTGRES_JOBS_URL", "postgresql://h/site")
