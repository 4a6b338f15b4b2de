"""The variants' servers: the site's own behind HAProxy, the others gunicorn alone."""

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

from bench.users import TOKEN
from bench.variants import BODIES
from config.haproxy_files import render_haproxy_files
from config.proxy.policy import Proxy

TIMEOUT: Final = 30  # seconds
IDLE: Final = 0.02  # of a core
GUNICORN: Final = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]


ServerProcess = subprocess.Popen[bytes]


class Server:
    """A variant's gunicorn processes and, if used, HAProxy."""

    def __init__(
        self,
        key: str,
        role: str,
        port: int,
        gunicorns: list[ServerProcess],
        haproxy: list[ServerProcess],
    ) -> None:
        self.key, self.role, self.port = key, role, port
        self.gunicorns, self.haproxy = gunicorns, haproxy

    def list_masters(self) -> list[psutil.Process]:
        return [psutil.Process(process.pid) for process in self.gunicorns]

    def list_workers(self) -> list[psutil.Process]:
        return [
            child for master in self.list_masters() for child in master.children(recursive=True)
        ]

    def list_proxies(self) -> list[psutil.Process]:
        masters = [psutil.Process(process.pid) for process in self.haproxy]
        return [*masters, *(child for master in masters for child in master.children())]

    def list_processes(self) -> list[psutil.Process]:
        return [*self.list_masters(), *self.list_workers(), *self.list_proxies()]

    def ask(self, request: str, path: str, cookie: str) -> tuple[int, Any]:
        method, body = request.split()[0], BODIES[request]
        headers = {"Cookie": cookie, "X-CSRFToken": TOKEN, "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def wait_until_ready(self, log: Path) -> None:
        """Raise RuntimeError with the end of the log if the server does not start."""
        deadline = time.monotonic() + TIMEOUT
        while not self.is_ready():
            if self.has_ended() or time.monotonic() > deadline:
                end = "\n".join(log.read_text().splitlines()[-8:])
                raise RuntimeError(f"the server of ({self.key}) does not start:\n{end}")
            time.sleep(0.05)

    def has_ended(self) -> bool:
        return any(process.poll() is not None for process in (*self.gunicorns, *self.haproxy))

    def is_ready(self) -> bool:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as web:
                web.request("GET", "/healthz")
                return web.getresponse().status == 200
        except OSError:
            return False

    def wait_until_idle(self) -> None:
        deadline, before = time.monotonic() + TIMEOUT, self._sum_cpu_time()
        while time.monotonic() < deadline:
            time.sleep(0.1)
            now = self._sum_cpu_time()
            if 0 <= now - before <= IDLE * 0.1:
                return
            before = now

    def _sum_cpu_time(self) -> float:
        total = 0.0
        for process in self.list_processes():
            try:
                used = process.cpu_times()
            except psutil.NoSuchProcess:  # a worker that reached max_requests
                continue
            total += used.user + used.system
        return total


@contextmanager
def run_server(
    key: str, role: str, environment: dict[str, str], log: Path, *, behind_haproxy: bool
) -> Iterator[Server]:
    port = find_free_port()
    folder = Path(tempfile.mkdtemp(prefix=f"{key}-", dir=settings.VAR_DIR))
    proxy = replace(settings.PROXY, port=port, run_dir=str(folder), folder=str(folder))
    if behind_haproxy:
        write_haproxy_files(proxy)
        gunicorns = [
            environment | {"WEB_SOCKET": f"{folder}/{name}.sock"} for name in list_names(proxy)
        ]
        proxies = [["haproxy", "-W", "-f", f"{folder}/haproxy.cfg"]]
    else:
        gunicorns = [environment | {"HAPROXY": "false", "PORT": str(port)}]
        proxies = []
    with log.open("wb") as output, ExitStack() as stack:
        server = Server(
            key,
            role,
            port,
            [
                stack.enter_context(run_process(GUNICORN, output, variables))
                for variables in gunicorns
            ],
            [stack.enter_context(run_process(command, output, {})) for command in proxies],
        )
        server.wait_until_ready(log)
        yield server


def list_names(proxy: Proxy) -> list[str]:
    return [*(f"web-{number}" for number in range(proxy.workers)), "public"]


def write_haproxy_files(proxy: Proxy) -> None:
    for path, text in render_haproxy_files(proxy).items():
        path.write_text(text)


@contextmanager
def run_process(
    command: list[str], output: Any, environment: dict[str, str]
) -> Iterator[ServerProcess]:
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


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
