"""A site that deploy/watch --fast watches: what Alertmanager sent, and Prometheus's answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from config.tests.crowd import list_children
from config.tests.processes import ROOT, free_port, wait_until
from monitoring.shorten import SHORTEST

SITE = "ai4ceo"
# Seconds for which an alert fires, without one of its cause, before Alertmanager sends it:
# its group_wait. Its messages themselves also depend on those of the last minutes.
GROUP_WAIT = SHORTEST["group_wait"]


@dataclass(frozen=True)
class Sent:
    """An alert that Alertmanager sends at `time` of the monotonic clock."""

    time: float
    alert: str
    site: str


class Watch:
    """deploy/watch --fast beside the site."""

    def __init__(self, site):
        self.site, self.sent, self.lines = site, [], []
        self._is_over = threading.Event()
        self.port, self.alertmanager = free_port(), free_port()
        self.environment = site.environment | {
            "PROMETHEUS_PORT": str(self.port),
            "ALERTMANAGER_PORT": str(self.alertmanager),
        }

    def __enter__(self):
        self._process = subprocess.Popen(
            ["deploy/watch", "--fast"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            wait_until(self._is_up, 60, "deploy/watch is up")
        except BaseException:
            self._stop()
            raise
        self._sampler = threading.Thread(target=self._sample)
        self._sampler.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._sampler.join()
        self._stop()

    def _stop(self):
        os.killpg(self._process.pid, signal.SIGINT)
        self.status = self._process.wait(60)
        self._reader.join()
        self._process.stdout.close()

    def _read(self):
        self.lines.extend(self._process.stdout)

    def _sample(self):
        since, sent = {}, set()
        while not self._is_over.wait(0.25):
            now, firing = time.monotonic(), self._list_not_held_back()
            since = {alert: since.get(alert, now) for alert in firing}
            sent &= firing
            for alert in firing - sent:
                if now - since[alert] >= GROUP_WAIT:
                    sent.add(alert)
                    self.sent.append(Sent(now, *alert))

    def _list_not_held_back(self):
        """Return (alert, site) of what fires while no alert of a cause does."""
        url = f"http://127.0.0.1:{self.alertmanager}/api/v2/alerts?inhibited=false"
        with urlopen(url, timeout=30) as answer:
            labels = [one["labels"] for one in json.load(answer)]
        return {(one["alertname"], one["site"]) for one in labels}

    def _is_up(self):
        assert self._process.poll() is None, "".join(self.lines)
        return any(line.startswith("Ctrl-C") for line in self.lines)

    def add_site(self, name, port):
        """Have Prometheus scrape another exporter."""
        path = Path(self.site.environment["VAR_DIR"], "monitoring/prometheus.yml")
        target = f'{{targets: ["127.0.0.1:{port}"], labels: {{site: {name}}}}}'
        path.write_text(f"{path.read_text()}  - job_name: {name}\n    static_configs: [{target}]\n")
        (prometheus,) = (
            child
            for child in list_children(self._process.pid)
            if Path(f"/proc/{child}/comm").read_text().strip() == "prometheus"
        )
        os.kill(prometheus, signal.SIGHUP)

    def ask(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(parameters)}"
        with urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def list_alerts(self):
        """Return the names of the site's alerts that fire or are about to."""
        alerts = self.ask("alerts")["alerts"]
        return {one["labels"]["alertname"] for one in alerts if one["labels"]["site"] == SITE}

    def wait_until_quiet(self, ignored=frozenset()):
        wait_until(lambda: self.list_alerts() <= ignored, 60, "all alerts are over")

    def list_sent(self, since, site=SITE):
        """Return the alerts that were sent since then."""
        return {one.alert for one in self.sent if one.site == site and one.time >= since}

    def wait_for(self, alert, since, *, site=SITE, seconds=60):
        """Return after how many seconds the alert was sent."""

        def find():
            found = [one.time for one in self.sent if (one.alert, one.site) == (alert, site)]
            return [time for time in found if time >= since]

        return wait_until(find, seconds, f"{alert} is sent")[0] - since


@contextmanager
def serve_metrics(render):
    """Serve what `render()` returns as an exporter; yield the port."""

    class Exporter(BaseHTTPRequestHandler):
        def do_GET(self):
            body = render().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
