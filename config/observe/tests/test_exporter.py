"""A site with METRICS=true has an exporter, which survives what happens around it."""

import http.client
import os
import signal
import socket
import time
from contextlib import closing

import pytest

from config.observe.tests.scrapes import Scrape
from config.tests.frozen import frozen_postgres
from config.tests.processes import wait_until

OPENMETRICS = "application/openmetrics-text;version=1.0.0"

pytestmark = pytest.mark.own_site


def get(site, path, accept=OPENMETRICS):
    address = "127.0.0.1", site.metrics_port
    with closing(http.client.HTTPConnection(*address, timeout=10)) as connection:
        connection.request("GET", path, headers={"Accept": accept})
        response = connection.getresponse()
        return response.status, response.getheader("Content-Type"), response.read().decode()


def scrape(site):
    status, content_type, text = get(site, "/metrics")
    assert status == 200
    assert content_type.startswith("application/openmetrics-text")
    return Scrape(text)


def test_serves_everything(site):
    found = scrape(site)
    assert found.list("pgbouncer_up") == [1, 1]
    assert found.get("ai4ceo_postgresql_up") == 1
    names = ("postgres", "pgbouncer-web", "sizer", "web:web-0", "haproxy", "mail", "metrics")
    for process in names:
        assert found.get("ai4ceo_process_up", process=process) == 1
    assert found.get("ai4ceo_job_success", command="setup_site") == 1
    assert found.get("ai4ceo_pool_ceiling", pool="web") == 10
    wait_until(lambda: scrape(site).list("ai4ceo_mails_waiting") == [0], 30, "the mails")
    assert found.get("process_resident_memory_bytes") > 0


def test_serves_haproxys_metrics(site):
    status, _, text = get(site, "/haproxy")
    assert status == 200
    assert "\nhaproxy_process_uptime_seconds" in text


@pytest.mark.parametrize("path", ["/", "/metrics/", "/etc/passwd", "/%00"])
def test_has_no_other_paths(site, path):
    assert get(site, path)[0] == 404


def test_other_clients_get_the_text_format(site):
    _, content_type, text = get(site, "/metrics", accept="*/*")
    assert content_type.startswith("text/plain")
    assert "pgbouncer_up" in text


def test_silent_clients_do_not_stop_it(site):
    silent = [socket.create_connection(("127.0.0.1", site.metrics_port)) for _ in range(8)]
    try:
        wait_until(lambda: answers(site), 10, "it answers beside the silent clients")
    finally:
        for client in silent:
            client.close()


def answers(site):
    try:
        return get(site, "/metrics")[0] == 200
    except OSError:
        return False


def test_the_socket_is_for_the_sites_user_only(site):
    assert (site.run_dir / "metrics.sock").stat().st_mode & 0o777 == 0o600


def send(site, datagram):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(datagram, str(site.run_dir / "metrics.sock"))


def test_counts_what_is_sent_and_ignores_garbage(site):
    before = scrape(site)
    for datagram in (b"\xff", b"x" * 100_000, b'{"kind": "sign_up"}'):
        send(site, datagram)
    name = "ai4ceo_sign_ups_total"
    wait_until(lambda: scrape(site).get(name) == before.get(name) + 1, 30, "the event is counted")
    ignored = scrape(site).get("ai4ceo_events_total", result="ignored")
    assert ignored == before.get("ai4ceo_events_total", result="ignored") + 2


def test_a_killed_exporter_comes_back_and_receives(site):
    process = site.pid("metrics")
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: site.pid("metrics") not in (0, process) and answers(site), 30, "it is back")
    send(site, b'{"kind": "sign_in"}')
    wait_until(lambda: scrape(site).get("ai4ceo_sign_ins_total") == 1, 30, "it counts")


def test_counts_survive_the_end_of_the_processes(site):
    for _ in range(3):
        assert site.status("/profile/") == 302
    site.supervisor("restart", "web:*")
    site.wait_until_ready()
    name, labels = "ai4ceo_requests_total", {"route": "profile/", "status": "3xx"}
    wait_until(lambda: scrape(site).list(name, **labels) == [3], 30, "all three are counted")


def test_shows_a_stopped_process(site):
    site.supervisor("stop", "mail")
    try:
        assert scrape(site).get("ai4ceo_process_up", process="mail") == 0
    finally:
        site.supervisor("start", "mail")


def test_does_not_wait_for_a_frozen_postgresql(site):
    assert scrape(site).get("ai4ceo_postgresql_up") == 1
    with frozen_postgres(site.pid("postgres")):
        began = time.monotonic()
        found = scrape(site)
        assert time.monotonic() - began < 1
    assert found.get("ai4ceo_postgresql_up") == 0
    assert found.list("pgbouncer_up") == [1, 1]
    wait_until(lambda: scrape(site).get("ai4ceo_postgresql_up") == 1, 10, "it answers again")


def test_reload_restarts_it(site):
    process = site.pid("metrics")
    site.run_script("deploy/reload")
    wait_until(lambda: answers(site), 10, "it answers")
    assert site.pid("metrics") != process
