import traceback

import pytest

from config.database.dsn import SYSTEM_CA_FILE, ServerURLError, parse_server_url

SECRET = "s3cret"


def parse(url):
    return parse_server_url("POSTGRES_URL", url)


def get_error(url):
    with pytest.raises(ServerURLError) as caught:
        parse(url)
    return str(caught.value)


def test_parses_every_part_of_a_url():
    server = parse("postgresql://ann:s3cret@db.example:5433/site")
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
def test_parses_every_form_of_host_and_port(url, host, port):
    assert (parse(url).host, parse(url).port) == (host, port)


def test_decodes_percent_encoding():
    server = parse("postgresql://we%20b:p%25%40%2F%C3%BC@h/my%20db")
    assert (server.user, server.password, server.dbname) == ("we b", "p%@/ü", "my db")


@pytest.mark.parametrize(
    "ignored", ["connect_timeout=3", "application_name=x", "channel_binding=require"]
)
def test_ignores_what_the_policy_sets(ignored):
    assert parse(f"postgresql://ann@h/site?{ignored}") == parse("postgresql://ann@h/site")


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
def test_tls_follows_libpqs_rules(query, mode, authorities):
    server = parse(f"postgresql://ann@h/site?{query}")
    assert (server.sslmode, server.sslrootcert) == (mode, authorities)


def test_socket_is_not_encrypted():
    server = parse("postgresql://ann@/site?host=/run&sslmode=verify-full")
    assert (server.sslmode, server.is_local_socket) == ("disable", True)


def test_keeps_a_client_certificate():
    server = parse("postgresql://ann@h/site?sslcert=/c.crt&sslkey=/c.key")
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
def test_rejects_unusable_urls_without_showing_secrets(url, cause):
    message = get_error(url)
    assert message.startswith("POSTGRES_URL ")
    assert cause in message
    assert SECRET not in message


def test_password_is_not_in_traceback_or_repr():
    with pytest.raises(ServerURLError) as caught:
        parse("postgresql://ann:s3cret%zz@h/site")
    error = caught.value
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert SECRET not in "".join(traceback.format_exception_only(error))
    assert SECRET not in repr(parse("postgresql://ann:s3cret@h/site"))


def test_error_names_the_variable():
    with pytest.raises(ServerURLError, match=r"^POSTGRES_JOBS_URL names no user"):
        parse_server_url("POSTGRES_JOBS_URL", "postgresql://h/site")
