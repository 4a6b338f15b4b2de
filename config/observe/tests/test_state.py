"""A scrape reads both PgBouncers and PostgreSQL, and survives the absence of each."""

import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from django.conf import settings as stored

from config.database.monitor.console import Console
from config.database.render.django import get_application_name
from config.database.tests.pools import hold_connection
from config.database.tests.servers import connect, run_pgbouncer
from config.observe import postgresql
from config.observe.catalogue import METRICS, Reading
from config.observe.pgbouncer import PgBouncerState, read_idle
from config.observe.postgresql import Backend, Roles, ServerState
from config.observe.tests.scrapes import Scrape
from config.tests.frozen import frozen_pgbouncer
from config.tests.processes import wait_until

# Seconds within which a scrape is complete, whatever does not answer.
LIMIT = 1


@pytest.mark.parametrize("name", ["web", "jobs"])
def test_shows_what_the_console_shows(scrape, name):
    with hold_connection(name), Console(stored.POOLS[name]) as console:
        found = scrape()
        (row,) = [row for row in console.show("POOLS") if row["database"] != "pgbouncer"]
        config = {row["key"]: row["value"] for row in console.show("CONFIG")}
    labels = {"pool": name, "database": row["database"], "user": row["user"]}
    assert found.get("pgbouncer_up", pool=name) == 1
    get = "pgbouncer_pools_{}_connections".format
    assert found.get(get("server_active"), **labels) == row["sv_active"] == 1
    assert found.get(get("client_active"), **labels) == row["cl_active"]
    assert found.get(get("client_waiting"), **labels) == row["cl_waiting"]
    most = found.get("pgbouncer_config_max_client_connections", pool=name)
    assert most == float(config["max_client_conn"])
    size = found.get("pgbouncer_databases_pool_size", pool=name)
    assert size == stored.POOLS[name].max_connections


def test_counts_transactions_and_their_time(scrape):
    name = "pgbouncer_stats_sql_transactions_pooled_total"
    with hold_connection("web"):  # PgBouncer has no figures before its first client
        before = scrape()
    with hold_connection("web"):
        time.sleep(0.1)
    after = scrape()
    assert after.get(name, pool="web") > before.get(name, pool="web")
    busy = "pgbouncer_stats_server_in_transaction_seconds_total"
    assert after.get(busy, pool="web") - before.get(busy, pool="web") >= 0.1


def test_shows_for_how_long_a_connection_has_been_idle(scrape):
    with hold_connection("web"):
        pass
    name = "ai4ceo_server_connections_longest_idle_seconds"
    wait_until(lambda: scrape().get(name, pool="web") >= 1, 15, "a connection is idle")
    limit = scrape().get("ai4ceo_server_connections_idle_timeout_seconds", pool="web")
    assert limit == stored.POOLS["web"].idle_timeout


class RecordedConsole:
    """Two idle connections and one that has been busy for longer."""

    pool = stored.POOLS["web"]

    def show(self, what):
        if what == "CLIENTS":
            return [{"request_time": "2026-11-27 16:20:30 CET"}]
        states = {"idle": "28", "used": "23", "active": "10"}
        return [
            {"state": state, "request_time": f"2026-11-27 16:20:{second} CET"}
            for state, second in states.items()
        ]


def test_a_busy_connection_is_not_idle():
    longest, _ = read_idle(RecordedConsole())
    assert longest.value == 7


def test_shows_a_pause(scrape, own_web):
    with Console(stored.POOLS["web"]) as console:
        console.pause(5)
        assert scrape().get("pgbouncer_databases_paused", pool="web") == 1
        console.resume()
        assert scrape().get("pgbouncer_databases_paused", pool="web") == 0


def test_shows_that_a_pgbouncer_is_missing(own_web, scrape):
    found = scrape()
    assert found.get("pgbouncer_up", pool="web") == 1
    assert found.get("pgbouncer_up", pool="jobs") == 0
    assert found.get("ai4ceo_postgresql_up") == 1
    assert found.get("ai4ceo_postgresql_abandoned_backends", pool="web") is not None
    assert found.list("ai4ceo_postgresql_abandoned_backends", pool="jobs") == []


def test_does_not_wait_for_a_frozen_pgbouncer(own_web, scrape):
    assert scrape().get("pgbouncer_up", pool="web") == 1
    with frozen_pgbouncer(own_web, stored.POOLS["web"]):
        found = scrape()
        assert found.seconds < LIMIT
        assert found.get("pgbouncer_up", pool="web") == 0
        assert found.get("ai4ceo_postgresql_up") == 1
    wait_until(lambda: scrape().get("pgbouncer_up", pool="web") == 1, 10, "it answers again")


def test_reconnects_to_a_restarted_pgbouncer(settings, scrape):
    pool, server = settings.POOLS["web"], settings.POSTGRES["web"]
    for _ in range(2):
        with run_pgbouncer(pool, server) as place:
            settings.PGBOUNCER_HOST = place["host"]
            assert scrape().get("pgbouncer_up", pool="web") == 1


def test_shows_postgresqls_view(scrape):
    with hold_connection("web"):
        found = scrape()
    get = found.get
    assert get("ai4ceo_postgresql_up") == 1
    assert get("ai4ceo_postgresql_backends", pool="web", state="idle_in_transaction") == 1
    most = get("ai4ceo_postgresql_max_connections")
    assert 0 < get("ai4ceo_postgresql_connections_left") < most
    assert get("ai4ceo_pool_slots", pool="web") == stored.POOLS["web"].slots
    assert 1 <= get("ai4ceo_pool_slots_taken", pool="web") <= get("ai4ceo_pool_slots", pool="web")
    room = get("ai4ceo_pool_backend_limit", pool="web") - get("ai4ceo_pool_slots", pool="web")
    assert get("ai4ceo_pool_head_room", pool="web") == room


def test_counts_backends_that_pgbouncer_does_not_know(scrape):
    name = "ai4ceo_postgresql_abandoned_backends"
    wait_until(lambda: scrape().get(name, pool="web") == 0, 10, "no backend is abandoned")
    with connect(stored.POSTGRES["web"]):
        wait_until(lambda: scrape().get(name, pool="web") == 1, 10, "it is counted")
        assert scrape().get(name, pool="jobs") == 0
    wait_until(lambda: scrape().get(name, pool="web") == 0, 10, "it has ended")


def test_a_backend_that_has_just_logged_in_is_not_abandoned():
    """PgBouncer, which was asked 2 s before PostgreSQL, did not know it."""
    names = {"web": get_application_name(stored.POOLS["web"])}
    ages = [("known", 1, 9.0), ("young", 2, 2.9), ("abandoned", 3, 3.1)]
    backends = [Backend(pid, role, names["web"], "idle", age) for role, pid, age in ages]
    console = PgBouncerState([], frozenset({1}), time=10.0)
    found = postgresql.count_backends(
        ServerState([], backends, time=12.0), Roles(stored.POOLS, {}), {"web": console}
    )
    assert Reading("ai4ceo_postgresql_abandoned_backends", ("web",), 1) in list(found)


def test_counts_logins(scrape):
    name = "ai4ceo_postgresql_sessions_total"
    before = scrape().get(name)
    connect(stored.POSTGRES["web"]).close()
    wait_until(lambda: scrape().get(name) > before, 10, "the login is counted")


def test_shows_that_postgresql_is_missing(settings, make_exporter):
    settings.POSTGRES_MONITOR = replace(settings.POSTGRES_MONITOR, host="/nowhere")
    found = Scrape.of(make_exporter().registry)
    assert found.get("ai4ceo_postgresql_up") == 0
    assert found.list("pgbouncer_up") == [1, 1]
    assert found.seconds < LIMIT


def test_leaves_postgresql_out_without_a_role(settings, make_exporter):
    settings.POSTGRES_MONITOR = None
    assert "ai4ceo_postgresql" not in Scrape.of(make_exporter().registry).text


def test_two_scrapes_at_once_are_both_complete(scrape):
    with ThreadPoolExecutor() as threads:
        scrapes = [threads.submit(scrape) for _ in range(4)]
    assert all(one.result().list("pgbouncer_up") == [1, 1] for one in scrapes)


@pytest.fixture
def monitor():
    connection = postgresql.connect(stored.POSTGRES_MONITOR)
    yield connection
    connection.close()


def test_the_exporters_role_reads_no_rows(monitor):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        monitor.execute("SELECT FROM public.accounts_user")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        monitor.execute("CREATE TABLE public.own (id integer)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        monitor.execute("SELECT entrance.end_holder(1, 1)")


def test_the_exporters_role_sees_no_statement(monitor):
    with connect(stored.POSTGRES["web"]) as other:
        other.execute("SELECT 'a secret'")
        pid = other.info.backend_pid
        (text,) = monitor.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]
        ).fetchone()
    assert text == "<insufficient privilege>"


def test_the_disk_is_that_of_var_dir(scrape, settings):
    found, usage = scrape(), shutil.disk_usage(settings.VAR_DIR)
    assert found.get("ai4ceo_disk_size_bytes") == usage.total
    assert 0 < found.get("ai4ceo_disk_free_bytes") <= usage.total


def test_the_document_names_every_metric(scrape):
    """Some rows name several metrics, each but the first by its end."""
    kinds = re.findall(r"^# TYPE (ai4ceo_\S+) (\S+)", scrape().text, re.MULTILINE)
    names = {f"{name}_total" if kind == "counter" else name for name, kind in kinds}
    text = (stored.BASE_DIR / "docs/metrics.md").read_text()
    assert list_undocumented(names | METRICS.keys(), text) == set()
    assert list_undocumented({"ai4ceo_pool_web"}, text) == {"ai4ceo_pool_web"}


def list_undocumented(names, text):
    known = re.findall(r"`(\w+)`", text)
    ends = tuple(name for name in known if name.startswith("_"))
    return {name for name in names if name not in known and not name.endswith(ends)}
