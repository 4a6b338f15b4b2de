"""Real processes and what is seen of them: for tests that need the site as it runs."""

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

import psycopg
from django.conf import settings

from config.haproxy_files import render_haproxy_files

ROOT = settings.BASE_DIR


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds, what):
    """Until `condition()` is true; an AssertionError saying `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return result


def status(port, path, headers=()):
    """The status of one GET on a connection of its own; 0 where nobody answers."""
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
def running(*command, **environment):
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def gunicorn(**environment):
    """The site without HAProxy, on a free port; yields the port."""
    port = free_port()
    with running(*GUNICORN, PORT=str(port), **environment):
        wait_until(lambda: status(port, "/healthz") == 200, 30, "gunicorn answers")
        yield port


@contextmanager
def haproxy(**changes):
    """The site behind HAProxy, as deploy/up serves it, on a free port; yields the port.

    The changes are those of `settings.PROXY`.
    """
    with tempfile.TemporaryDirectory(prefix="proxy ", dir="/tmp") as folder, ExitStack() as stack:
        port = free_port()
        proxy = replace(settings.PROXY, port=port, run_dir=folder, folder=folder, **changes)
        for path, text in render_haproxy_files(proxy).items():
            path.write_text(text)
        threads = {"HAPROXY": "true", "WEB_THREADS": str(proxy.threads)}
        for name in (*(f"web-{number}" for number in range(proxy.workers)), "public"):
            socket = {"WEB_SOCKET": f"{folder}/{name}.sock"}
            stack.enter_context(running(*GUNICORN, **threads, **socket))
        stack.enter_context(running("haproxy", "-W", "-f", f"{folder}/haproxy.cfg"))
        for path in ("/healthz", "/readyz"):
            wait_until(lambda path=path: status(port, path) == 200, 30, "the site answers")
        yield port


def manage(*arguments, **environment):
    """A management command as an operator starts it."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
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
    """A connection to PostgreSQL itself, around the poolers, to look at it."""
    server = settings.POSTGRES["web"]
    return psycopg.connect(host=server.host, dbname=server.dbname, user="postgres", autocommit=True)


def load(port, path, headers, *, clients, seconds):
    """GET `path` from `clients` clients for `seconds`; how often each status came back."""
    end, answers, lock = time.monotonic() + seconds, Counter(), threading.Lock()

    def client():
        mine = Counter()
        while time.monotonic() < end:
            mine[status(port, path, headers)] += 1
        with lock:
            answers.update(mine)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class Activity:
    """Samples pg_stat_activity about every 10 ms: the most connections that each role had."""

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
    """What PostgreSQL logged since this object was made."""

    path = settings.VAR_DIR / "log/postgres.log"

    def __init__(self):
        self._start = self._mark()

    def _mark(self):
        """The log's length after a statement of our own has arrived in it."""
        name, before = f"mark {uuid.uuid4()}", self.path.stat().st_size
        with superuser() as connection:
            connection.execute(f"SELECT '{name}'")
        return wait_until(lambda: self._position(name, before), 10, "the log has the mark")

    def _position(self, name, start):
        found = self._read(start).find(name.encode())
        return start + found + len(name) + 2 if found >= 0 else 0

    def _read(self, start, end=None):
        """Only a part: the log of all tests has tens of megabytes."""
        with self.path.open("rb") as log:
            log.seek(start)
            return log.read(-1 if end is None else end - start)

    def text(self):
        return self._read(self._start, self._mark()).decode()

    def statements(self, application):
        """The SQL that arrived from the application, in order."""
        line = re.compile(rf"\] {re.escape(application)} 00000 LOG:  statement: (.*)")
        return line.findall(self.text())

    def refusals(self):
        """Lines with SQLSTATE 53300: no connection left, of the server or of a role."""
        return [line for line in self.text().splitlines() if " 53300 " in line]
