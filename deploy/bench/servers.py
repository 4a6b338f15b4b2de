"""The variants' servers, each with its own settings and port: the site's own as deploy/up runs
them, behind HAProxy, and the others as people run gunicorn, by itself."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import psutil
from django.conf import settings

from bench.people import TOKEN
from bench.variants import BODIES
from config.haproxy_files import render_haproxy_files
from config.proxy.policy import Proxy

PATIENCE: Final = 30  # seconds
IDLE: Final = 0.02  # of a core
GUNICORN: Final = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]


Started = subprocess.Popen[bytes]


class Server:
    """One variant's gunicorns, and HAProxy where it is in front."""

    def __init__(
        self, key: str, role: str, port: int, gunicorns: list[Started], haproxy: list[Started]
    ) -> None:
        self.key, self.role, self.port = key, role, port
        self.gunicorns, self.haproxy = gunicorns, haproxy

    def masters(self) -> list[psutil.Process]:
        return [psutil.Process(process.pid) for process in self.gunicorns]

    def workers(self) -> list[psutil.Process]:
        return [child for master in self.masters() for child in master.children(recursive=True)]

    def proxies(self) -> list[psutil.Process]:
        found = [psutil.Process(process.pid) for process in self.haproxy]
        return [*found, *(child for one in found for child in one.children())]

    def processes(self) -> list[psutil.Process]:
        return [*self.masters(), *self.workers(), *self.proxies()]

    def ask(self, request: str, path: str, cookie: str) -> tuple[int, Any]:
        """One request: the status and the JSON."""
        method, body = request.split()[0], BODIES[request]
        headers = {"Cookie": cookie, "X-CSRFToken": TOKEN, "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def await_answer(self, log: Path) -> None:
        """Until it serves; where it does not, the end of its log says why."""
        deadline = time.monotonic() + PATIENCE
        while not self.is_alive():
            if self.has_ended() or time.monotonic() > deadline:
                end = "\n".join(log.read_text().splitlines()[-8:])
                raise RuntimeError(f"the server of ({self.key}) does not answer:\n{end}")
            time.sleep(0.05)

    def has_ended(self) -> bool:
        return any(process.poll() is not None for process in (*self.gunicorns, *self.haproxy))

    def is_alive(self) -> bool:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as web:
                web.request("GET", "/healthz")
                return web.getresponse().status == 200
        except OSError:
            return False

    def await_idle(self) -> None:
        """Until what the last clients left behind is done, so that the next ones pay for none."""
        deadline, before = time.monotonic() + PATIENCE, self._cpu_time()
        while time.monotonic() < deadline:
            time.sleep(0.1)
            now = self._cpu_time()
            if 0 <= now - before <= IDLE * 0.1:
                return
            before = now

    def _cpu_time(self) -> float:
        total = 0.0
        for process in self.processes():
            try:
                used = process.cpu_times()
            except psutil.NoSuchProcess:  # a worker that has served its share
                continue
            total += used.user + used.system
        return total


@contextmanager
def served(
    key: str, role: str, environment: dict[str, str], log: Path, *, behind_haproxy: bool
) -> Iterator[Server]:
    """The variant's server, answering; stopped at the block's end."""
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix=f"{key}-", dir=settings.VAR_DIR))
    proxy = replace(settings.PROXY, port=port, run_dir=str(folder), folder=str(folder))
    if behind_haproxy:
        write(proxy)
        gunicorns = [environment | {"WEB_SOCKET": f"{folder}/{name}.sock"} for name in names(proxy)]
        proxies = [["haproxy", "-W", "-f", f"{folder}/haproxy.cfg"]]
    else:
        gunicorns = [environment | {"HAPROXY": "false", "PORT": str(port)}]
        proxies = []
    with log.open("wb") as output, ExitStack() as stack:
        server = Server(
            key,
            role,
            port,
            [stack.enter_context(running(GUNICORN, output, given)) for given in gunicorns],
            [stack.enter_context(running(command, output, {})) for command in proxies],
        )
        server.await_answer(log)
        yield server


def names(proxy: Proxy) -> list[str]:
    return [*(f"web-{number}" for number in range(proxy.workers)), "public"]


def write(proxy: Proxy) -> None:
    """Write HAProxy's files."""
    for path, text in render_haproxy_files(proxy).items():
        path.write_text(text)


@contextmanager
def running(command: list[str], output: Any, environment: dict[str, str]) -> Iterator[Started]:
    line = ["setpriv", "--pdeathsig", "TERM", *command]
    process = subprocess.Popen(
        line,
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        stdout=output,
        stderr=output,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
