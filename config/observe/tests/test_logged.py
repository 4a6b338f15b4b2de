"""Log files are followed across their rotation, and connections counted by cause."""

from pathlib import Path

import psycopg
import pytest
from django.conf import settings as stored

from config.database.monitor.console import Console
from config.database.tests.servers import connect, get_place, run_pgbouncer
from config.observe.log_tail import LogTail
from config.observe.logged import HAProxyLog, PgBouncerLog, find_cause
from config.proxy.render import render_defaults
from config.tests.processes import wait_until


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "a.log"
    path.write_text("old\n")
    return path


@pytest.fixture
def tail(log):
    tail = LogTail(log)
    yield tail
    tail.close()


def add(path, text):
    with path.open("a") as file:
        file.write(text)


def test_reads_new_lines_only(log, tail):
    assert list(tail.read_lines()) == []
    add(log, "one\ntwo\n")
    assert list(tail.read_lines()) == ["one", "two"]
    assert list(tail.read_lines()) == []


def test_waits_for_the_end_of_a_line(log, tail):
    add(log, "half")
    assert list(tail.read_lines()) == []
    add(log, " and half\n")
    assert list(tail.read_lines()) == ["half and half"]


def test_follows_a_rotation(log, tail):
    add(log, "before\n")
    assert list(tail.read_lines()) == ["before"]
    add(log, "last of the old file\n")
    log.rename(log.with_suffix(".1"))
    add(log, "first of the new file\n")
    assert list(tail.read_lines()) == ["last of the old file", "first of the new file"]
    add(log, "second\n")
    assert list(tail.read_lines()) == ["second"]


def test_follows_a_truncation(log, tail):
    log.write_text("")
    add(log, "a\n")
    assert list(tail.read_lines()) == ["a"]


def test_waits_for_a_missing_file(tmp_path):
    tail = LogTail(tmp_path / "new.log")
    assert list(tail.read_lines()) == []
    add(tmp_path / "new.log", "first\n")
    assert list(tail.read_lines()) == ["first"]
    tail.close()


def test_reads_a_line_that_is_no_text(log, tail):
    with log.open("ab") as file:
        file.write(b"\xff\xfe\n")
    assert list(tail.read_lines()) == ["\ufffd\ufffd"]


def read_values(log):
    log.poll()
    return {(name, *labels): value for name, labels, value in log.read() if value}


def test_counts_the_connections_of_a_real_pgbouncer(settings):
    pool, server = settings.POOLS["web"], settings.POSTGRES["web"]
    with run_pgbouncer(pool, server) as place:
        log = PgBouncerLog("web", Path(place["host"], "log"))
        with connect(server, **get_place(place)) as client:
            client.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            connect(server, **get_place(place) | {"password": "wrong"})
        settings.PGBOUNCER_HOST = place["host"]
        with Console(pool) as console:
            console.run("RECONNECT")
        expected = {
            ("ai4ceo_server_connections_opened_total", "web"): 1,
            ("ai4ceo_server_connections_closed_total", "web", "reconnect"): 1,
            ("ai4ceo_client_connections_closed_total", "web", "client_closed"): 2,
            ("ai4ceo_client_connections_closed_total", "web", "login_failed"): 1,
        }
        wait_until(lambda: expected.items() <= read_values(log).items(), 10, "the causes")
        assert not any("other" in key for key in read_values(log))
        log.tail.close()


@pytest.mark.parametrize(
    ("side", "reason", "cause"),
    [
        ("S", "server idle timeout (age=21s)", "idle_timeout"),
        ("S", "client disconnected with query in progress (age=3s)", "client_left"),
        ("C", "query_wait_timeout (age=10s)", "query_wait"),
        ("C", "no more connections allowed (max_client_conn) (age=0s)", "client_limit"),
        ("S", "something new", "other"),
    ],
)
def test_finds_the_cause(side, reason, cause):
    assert find_cause(side, reason) == cause


def test_counts_haproxys_refusals(log):
    reasons = []
    haproxy = HAProxyLog(log, reasons.append)
    add(log, "10.0.0.1 GET 503 sQ-- requests/<NOSRV> queued=10001 ms total=10001 ms\n")
    add(log, "10.0.0.1 GET 503 SC-- requests/web-0 queued=0 ms total=3 ms\n")
    add(log, "10.0.0.1 GET 502 SC-- requests/web-0 queued=0 ms total=3 ms\n")
    add(log, "10.0.0.1 GET 503 ---- requests/web-0 queued=0 ms total=3 ms\n")
    add(log, "10.0.0.1 GET 400 PR-- site/<NOSRV> queued=-1 ms total=0 ms\n")
    haproxy.poll()
    haproxy.tail.close()
    assert reasons == ["queue", "no_process"]


def test_haproxy_logs_status_and_termination_in_this_order():
    (line,) = [line for line in render_defaults(stored.PROXY) if line.startswith("log-format")]
    assert " %ST %tsc " in line
