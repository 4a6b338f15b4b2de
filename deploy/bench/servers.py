"""The variants' servers: gunicorn as deploy/up runs it, each with its own settings and port."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import psutil
from django.conf import settings

from bench.people import TOKEN
from bench.variants import BODIES

PATIENCE: Final = 30  # seconds
IDLE: Final = 0.02  # of a core


class Server:
    """One variant's gunicorn."""

    def __init__(self, key: str, role: str, port: int, process: subprocess.Popen[bytes]) -> None:
        self.key, self.role, self.port, self.process = key, role, port, process

    def processes(self) -> list[psutil.Process]:
        """The master first, then its workers."""
        master = psutil.Process(self.process.pid)
        return [master, *master.children(recursive=True)]

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
            if self.process.poll() is not None or time.monotonic() > deadline:
                end = "\n".join(log.read_text().splitlines()[-8:])
                raise RuntimeError(f"gunicorn of ({self.key}) does not serve:\n{end}")
            time.sleep(0.05)

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
def served(key: str, role: str, environment: dict[str, str], log: Path) -> Iterator[Server]:
    """The variant's server, answering; stopped at the block's end."""
    port = free_port()
    command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "gunicorn"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--config", "deploy/gunicorn.conf.py"],
            cwd=settings.BASE_DIR,
            env=os.environ | {"PORT": str(port)} | environment,
            stdout=output,
            stderr=output,
        )
    try:
        server = Server(key, role, port, process)
        server.await_answer(log)
        yield server
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
