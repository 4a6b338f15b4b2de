import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bench.load import LoadError, Measurement, compute_percentile, parse_pgbench, parse_wrk, run_wrk

WRK = """\
Running 1s test @ http://127.0.0.1:53133/api/profile
  1 threads and 4 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.80ms    6.26ms  54.39ms   95.10%
    Req/Sec     1.50k   541.13     2.52k    63.64%
  1647 requests in 1.10s, 324.90KB read
Requests/sec:   1496.81
Transfer/sec:    295.27KB

{"requests": 1647, "microseconds": 1100343, "p50": 2000, "p99": 41887, "wrong": 0, \
"connect": 0, "read": 0, "write": 0, "timeout": 0}
"""
PGBENCH = """\
pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: s.sql
scaling factor: 1
query mode: simple
number of clients: 2
number of threads: 1
maximum number of tries: 1
duration: 1 s
number of transactions actually processed: 17960
number of failed transactions: 0 (0.000%)
latency average = 0.109 ms
initial connection time = 23.296 ms
tps = 18386.135462 (without initial connection time)
"""
LOG = """\
0 1 1475 0 1795466579 173290
0 2 2177 0 1795466579 175482
1 1 958 0 1795466579 179146
"""


def test_parses_wrks_report():
    assert parse_wrk(WRK) == Measurement(
        responses=1647, throughput=1496.8, p50=2.0, p99=41.887, failures=0
    )


def test_counts_errors_as_failures_only():
    text = WRK.replace('"wrong": 0', '"wrong": 1600').replace('"timeout": 0', '"timeout": 3')
    right = Measurement(responses=47, throughput=42.7, p50=2.0, p99=41.887, failures=1603)
    assert parse_wrk(text) == right


def test_parses_pgbenchs_report():
    measured = Measurement(responses=3, throughput=18386.1, p50=1.475, p99=2.177, failures=0)
    assert parse_pgbench(PGBENCH, LOG) == measured


def test_an_older_pgbench_reports_no_failures():
    older = PGBENCH.replace("number of failed transactions: 0 (0.000%)\n", "")
    assert parse_pgbench(older, LOG).failures == 0


def test_failed_transactions_are_failures():
    failed = PGBENCH.replace("failed transactions: 0 ", "failed transactions: 7 ")
    assert parse_pgbench(failed, LOG).failures == 7


def test_a_turn_without_responses_is_a_failure():
    nothing = Measurement(responses=0, throughput=0, p50=0, p99=0, failures=1)
    none = "number of transactions actually processed: 0\nnumber of failed transactions: 0 (NaN%)"
    assert parse_pgbench(none, "") == nothing
    assert (
        parse_wrk(re.sub(r'": \d+', '": 0', WRK).replace('microseconds": 0', 'microseconds": 1'))
        == nothing
    )


class Answering(BaseHTTPRequestHandler):
    """Answer with the path as the body, and redirect elsewhere from /redirect."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(302 if self.path == "/redirect" else 200)
        self.send_header("Location", "/right")
        self.send_header("Content-Length", len(self.path))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("path", "fails"), [("/right", False), ("/wrong", True), ("/redirect", True)]
)
def test_a_response_with_another_body_or_status_is_a_failure(tmp_path, path, fails):
    (tmp_path / "cookies").write_text("sessionid=1\n")
    (tmp_path / "bodies").write_text("/right\n/redirect\n")
    script = [str(tmp_path / "cookies"), "token", "GET", "", str(tmp_path / "bodies")]
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever).start()
        measured = run_wrk(server.server_port, path, script, clients=1, seconds=1)
        server.shutdown()
    assert (measured.failures > 0, measured.responses > 0) == (fails, not fails)


def test_raises_with_the_programs_output():
    with pytest.raises(LoadError, match="wrk exited with 1: unable to connect"):
        run_wrk(1, "/", [], clients=1, seconds=1)


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (1, 1)])
def test_returns_one_of_the_values_as_percentile(percent, value):
    assert compute_percentile(range(1, 101), percent) == value
