"""HAProxy's counters, on sockets that only the site's user may read."""

import socket

import pytest

from config.proxy.tests.counters import read_stats
from config.tests.traffic import send_request

pytestmark = pytest.mark.own_site


def read_metrics(site):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(f"{site.run_dir}/haproxy-metrics.sock")
        sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: sock.recv(65536), b"")).decode()


def test_serves_prometheus_metrics(hostile_site):
    text = read_metrics(hostile_site)
    assert text.startswith("HTTP/1.1 200 OK")
    assert 'haproxy_frontend_http_requests_total{proxy="site"}' in text
    assert 'haproxy_backend_current_queue{proxy="requests"}' in text
    assert 'haproxy_server_current_sessions{proxy="requests",server="web-0"}' in text


def test_the_stats_socket_lists_each_server(hostile_site):
    rows = read_stats(hostile_site)
    assert {("requests", "web-0"), ("transfers", "web-1"), ("static", "public")} <= rows.keys()


def test_hides_the_counters_from_clients(hostile_site):
    response = send_request(hostile_site.port, "GET", "/metrics")
    assert (response.status, b"haproxy_" in response.body) == (404, False)
    for name in ("haproxy.sock", "haproxy-metrics.sock"):
        assert (hostile_site.run_dir / name).stat().st_mode & 0o077 == 0
