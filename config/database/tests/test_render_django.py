import pytest

from config.database.dsn import parse_server_url
from config.database.policy import JOBS, WEB
from config.database.render.django import get_entry_name, get_session_settings, render_database

URL = "postgresql://ann:s3cret@db.example:5433/site?sslmode=verify-full&sslrootcert=/ca.crt"


def entry(pool=WEB, pooling="pgbouncer", url=URL, host="/run/site"):
    server = parse_server_url("POSTGRES_URL", url)
    return render_database(pool, server, pooling=pooling, pgbouncer_host=host)


def test_through_pgbouncer_the_connection_goes_to_its_socket():
    found = entry()
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("/run/site", "6432", "site")
    assert (found["USER"], found["PASSWORD"]) == ("ann", "s3cret")
    assert found["OPTIONS"] == {
        "connect_timeout": 10,
        "application_name": "ai4ceo web",
        "sslmode": "disable",
    }


def test_directly_the_connection_goes_to_the_server_with_its_encryption():
    found = entry(JOBS, "direct")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", "5433", "site")
    assert found["OPTIONS"] == {
        "connect_timeout": 5,
        "application_name": "ai4ceo jobs",
        "sslmode": "verify-full",
        "sslrootcert": "/ca.crt",
        "keepalives_idle": 5,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15000,
        "options": "-c TimeZone=UTC -c statement_timeout=0 "
        "-c idle_in_transaction_session_timeout=15000 -c client_connection_check_interval=100 "
        "-c search_path=public -c join_collapse_limit=1 -c enable_mergejoin=off "
        "-c default_transaction_read_only=off "
        r"-c default_transaction_isolation=read\ committed "
        "-c lock_timeout=0 -c idle_session_timeout=0 -c row_security=on "
        "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=5",
    }


@pytest.mark.parametrize("pooling", ["pgbouncer", "direct"])
@pytest.mark.parametrize(("pool", "seconds"), [(WEB, 1800), (JOBS, 600)])
def test_connections_persist_without_cursors_or_transactions_of_their_own(pool, seconds, pooling):
    found = entry(pool, pooling)
    assert found["ENGINE"] == "config.database.backend"
    assert found["CONN_MAX_AGE"] == seconds
    assert found["CONN_HEALTH_CHECKS"] is True
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert found["ATOMIC_REQUESTS"] is False


def test_each_connection_gets_the_policys_settings_in_milliseconds():
    assert get_session_settings(WEB) == {
        "statement_timeout": "15000",
        "idle_in_transaction_session_timeout": "15000",
        "client_connection_check_interval": "100",
    }
    assert get_session_settings(JOBS)["statement_timeout"] == "0"


@pytest.mark.parametrize("name", ["site", "test_Site", "my-site", "site.v2", "x" * 63])
def test_a_name_that_pgbouncer_can_hold_is_kept(name):
    assert entry(url=f"postgresql://ann@h/{name}")["NAME"] == name


@pytest.mark.parametrize("name", ["my site", "sité", 'si"te', "a=b", "*", "pgbouncer", "x" * 64])
def test_any_other_name_is_the_pools_towards_pgbouncer_only(name):
    server = parse_server_url("POSTGRES_URL", f"postgresql://ann@h/{name.replace(' ', '%20')}")
    assert get_entry_name(JOBS, server) == "jobs"
    direct = render_database(JOBS, server, pooling="direct", pgbouncer_host="")
    assert direct["NAME"] == name
