"""Run the site's processes, and observe them."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
from django.conf import settings

from config.haproxy_files import render_haproxy_files

ROOT = settings.BASE_DIR


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds, what):
    """Wait until `condition()` is true; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return result


def get_status(port, path, headers=()):
    """GET the path on a new connection; return the status, or 0 without a response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=dict(headers))
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


GUNICORN = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]


@contextmanager
def run_process(*command, **environment):
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def gunicorn(**environment):
    """Run the site without HAProxy; yield the port."""
    port = free_port()
    with run_process(*GUNICORN, PORT=str(port), **environment):
        wait_until(lambda: get_status(port, "/healthz") == 200, 30, "gunicorn answers")
        yield port


@contextmanager
def haproxy(**changes):
    """Run the site behind HAProxy as deploy/up does; yield the port.

    The changes are those of `settings.PROXY`.
    """
    with tempfile.TemporaryDirectory(prefix="proxy ", dir="/tmp") as folder, ExitStack() as stack:
        port = free_port()
        proxy = replace(settings.PROXY, port=port, run_dir=folder, folder=folder, **changes)
        for path, text in render_haproxy_files(proxy).items():
            path.write_text(text)
        threads = {"HAPROXY": "true", "WEB_THREADS": str(proxy.threads)}
        names = (*(f"web-{number}" for number in range(proxy.workers)), "public")
        sockets = [Path(folder, f"{name}.sock") for name in names]
        for socket in sockets:
            stack.enter_context(run_process(*GUNICORN, **threads, WEB_SOCKET=str(socket)))
        # HAProxy would mark missing processes as down, for up to a second.
        wait_until(lambda: all(map(Path.exists, sockets)), 60, "gunicorn listens")
        stack.enter_context(run_process("haproxy", "-W", "-f", f"{folder}/haproxy.cfg"))
        for path in ("/healthz", "/readyz"):
            wait_until(lambda path=path: get_status(port, path) == 200, 30, "the site answers")
        yield port


def manage(*arguments, **environment):
    return start_command(arguments, os.environ | environment)


def start_command(arguments, environment):
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def supervisorctl(*arguments):
    configuration = str(ROOT / "deploy/supervisord.conf")
    return subprocess.run(
        [sys.executable, "-m", "supervisor.supervisorctl", "-c", configuration, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def superuser():
    server = settings.POSTGRES["web"]
    return psycopg.connect(host=server.host, dbname=server.dbname, user="postgres", autocommit=True)


def load(port, path, headers, *, clients, requests=1, until=None):
    """GET `path` from `clients` clients, `requests` times each or until the event.

    Return the count of each status.
    """
    answers, lock = Counter(), threading.Lock()

    def client():
        counts = Counter()
        for _ in range(requests) if until is None else iter(until.is_set, True):
            counts[get_status(port, path, headers)] += 1
        with lock:
            answers.update(counts)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class Activity:
    """Samples pg_stat_activity about every 10 ms; `peaks` are each role's most connections."""

    def __init__(self, connect=superuser):
        self._connect = connect
        self.peaks = Counter()
        self.samples = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def _sample(self):
        query = (
            "SELECT usename, count(*) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' GROUP BY usename"
        )
        with self._connect() as connection:
            while not self._stop.wait(0.01):
                for role, count in connection.execute(query):
                    self.peaks[role] = max(self.peaks[role], count)
                self.samples += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    @property
    def web(self):
        return self.peaks[settings.POSTGRES["web"].user]

    @property
    def jobs(self):
        return self.peaks[settings.POSTGRES["jobs"].user]


class ServerLog:
    """PostgreSQL's log since this object was created."""

    path = settings.VAR_DIR / "log/postgres.log"

    def __init__(self):
        self._start = self._mark()

    def _mark(self):
        """Write a marker to the log; return the position after it."""
        name, before = f"mark {uuid.uuid4()}", self.path.stat().st_size
        with superuser() as connection:
            connection.execute(f"SELECT '{name}'")
        return wait_until(lambda: self._position(name, before), 30, "the log has the mark")

    def _position(self, name, start):
        found = self._read(start).find(name.encode())
        return start + found + len(name) + 2 if found >= 0 else 0

    def _read(self, start, end=None):
        """Read only a part: the log of all tests has tens of megabytes."""
        with self.path.open("rb") as log:
            log.seek(start)
            return log.read(-1 if end is None else end - start)

    def text(self):
        return self._read(self._start, self._mark()).decode()

    def statements(self, application):
        """Return the application's SQL statements, in order."""
        line = re.compile(rf"\] {re.escape(application)} 00000 LOG:  statement: (.*)")
        return line.findall(self.text())

    def refusals(self):
        """Return the lines with SQLSTATE 53300 (too many connections)."""
        return [line for line in self.text().splitlines() if " 53300 " in line]
