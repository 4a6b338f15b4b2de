import pytest

from config.database.dsn import parse_server_url
from config.database.policy import JOBS, WEB
from config.database.render.django import get_entry_name, get_session_settings, render_database

URL = "postgresql://ann:s3cret@db.example:5433/site?sslmode=verify-full&sslrootcert=/ca.crt"


def render(pool=WEB, pooling="pgbouncer", url=URL, host="/run/site"):
    server = parse_server_url("POSTGRES_URL", url)
    return render_database(pool, server, pooling=pooling, pgbouncer_host=host)


def test_pgbouncer_entry_uses_its_socket():
    entry = render()
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("/run/site", "6432", "site")
    assert (entry["USER"], entry["PASSWORD"]) == ("ann", "s3cret")
    assert entry["OPTIONS"] == {
        "connect_timeout": 10,
        "application_name": "ai4ceo web",
        "sslmode": "disable",
    }


def test_direct_entry_uses_the_server_with_tls():
    entry = render(JOBS, "direct")
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example", "5433", "site")
    assert entry["OPTIONS"] == {
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
def test_connections_are_persistent_and_poolable(pool, seconds, pooling):
    entry = render(pool, pooling)
    assert entry["ENGINE"] == "config.database.backend"
    assert entry["CONN_MAX_AGE"] == seconds
    assert entry["CONN_HEALTH_CHECKS"] is True
    assert entry["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert entry["ATOMIC_REQUESTS"] is False


def test_session_settings_are_in_milliseconds():
    assert get_session_settings(WEB) == {
        "statement_timeout": "15000",
        "idle_in_transaction_session_timeout": "15000",
        "client_connection_check_interval": "100",
    }
    assert get_session_settings(JOBS)["statement_timeout"] == "0"


@pytest.mark.parametrize("name", ["site", "test_Site", "my-site", "site.v2", "x" * 63])
def test_keeps_a_name_that_pgbouncer_supports(name):
    assert render(url=f"postgresql://ann@h/{name}")["NAME"] == name


@pytest.mark.parametrize("name", ["my site", "sité", 'si"te', "a=b", "*", "pgbouncer", "x" * 64])
def test_uses_the_pools_name_for_other_names(name):
    server = parse_server_url("POSTGRES_URL", f"postgresql://ann@h/{name.replace(' ', '%20')}")
    assert get_entry_name(JOBS, server) == "jobs"
    direct = render_database(JOBS, server, pooling="direct", pgbouncer_host="")
    assert direct["NAME"] == name
