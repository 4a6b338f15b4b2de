"""The variants' servers: the site's own behind HAProxy, the stock project's by themselves."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psutil
from django.conf import settings

from bench import peers
from bench.users import TOKEN
from bench.variants import BODIES, PATHS
from config.haproxy_files import render_haproxy_files
from config.proxy.policy import Proxy

TIMEOUT: Final = 30  # seconds
IDLE: Final = 0.02  # of a core
GUNICORN: Final = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]


@dataclass(frozen=True, kw_only=True)
class Command:
    line: Sequence[str]
    environment: dict[str, str]


class Server:
    """A variant's processes, its port, and the role that PostgreSQL knows it by."""

    def __init__(self, key: str, role: str, port: int) -> None:
        self.key, self.role, self.port = key, role, port
        self.processes: list[subprocess.Popen[bytes]] = []

    def list_processes(self) -> list[psutil.Process]:
        masters = [psutil.Process(process.pid) for process in self.processes]
        return [*masters, *(one for master in masters for one in master.children(recursive=True))]

    def ask(self, request: str, path: str, cookie: str) -> tuple[int, str]:
        method, body = request.split()[0], BODIES[request]
        headers = {"Cookie": cookie, "X-CSRFToken": TOKEN, "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def wait_until_ready(self, log: Path) -> None:
        """Raise RuntimeError with the end of the log if the server does not start."""
        deadline = time.monotonic() + TIMEOUT
        while not self.is_ready():
            if self.has_ended() or time.monotonic() > deadline:
                end = "\n".join(log.read_text().splitlines()[-8:])
                raise RuntimeError(f"the server of {self.key!r} does not start:\n{end}")
            time.sleep(0.05)

    def has_ended(self) -> bool:
        return any(process.poll() is not None for process in self.processes)

    def is_ready(self) -> bool:
        """Return whether the API answers, as it does without a session: with 401."""
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as web:
                web.request("GET", PATHS["GET /api/profile"])
                return web.getresponse().status == 401
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
def run_site(key: str, role: str, environment: dict[str, str]) -> Iterator[Server]:
    """Run the site's gunicorns behind HAProxy, as `deploy/up` does."""
    port = find_free_port()
    folder = make_folder(key)
    proxy = replace(settings.PROXY, port=port, run_dir=str(folder), folder=str(folder))
    for path, text in render_haproxy_files(proxy).items():
        path.write_text(text)
    commands = [
        Command(line=GUNICORN, environment=environment | {"WEB_SOCKET": f"{folder}/{name}.sock"})
        for name in list_names(proxy)
    ]
    haproxy = Command(line=["haproxy", "-W", "-f", f"{folder}/haproxy.cfg"], environment={})
    with run_server(Server(key, role, port), [*commands, haproxy]) as server:
        yield server


@contextmanager
def run_peer(key: str, password: str, pgbouncer: str) -> Iterator[Server]:
    """Run the stock project; `pgbouncer` is the folder of the peers' PgBouncer."""
    port, threads = find_free_port(), settings.WEB_THREADS
    database = peers.build_database(
        key, settings.POSTGRES["web"], password=password, threads=threads, pgbouncer=pgbouncer
    )
    line = peers.build_command(key, port=port, workers=settings.WEB_WORKERS, threads=threads)
    command = Command(line=line, environment=build_stock_environment(database))
    with run_server(Server(key, peers.get_role(key), port), [command]) as server:
        yield server


def build_stock_environment(database: dict[str, Any]) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "bench.stock.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "STOCK_DATABASE": json.dumps(database),
    }


@contextmanager
def run_pgbouncer(passwords: dict[str, str]) -> Iterator[str]:
    """Run the peers' PgBouncer and return the folder of its socket."""
    folder = make_folder("pgbouncer")
    users = (f'"{peers.get_role(key)}" "{password}"\n' for key, password in passwords.items())
    (folder / "users.txt").write_text("".join(users))
    file = folder / "pgbouncer.ini"
    file.write_text(peers.render_pgbouncer(str(folder), settings.POSTGRES["web"]))
    with get_log_path("pgbouncer").open("wb") as output, ExitStack() as stack:
        line = ["pgbouncer", "--quiet", str(file)]
        stack.enter_context(run_process(Command(line=line, environment={}), output))
        yield str(folder)


@contextmanager
def run_server(server: Server, commands: Sequence[Command]) -> Iterator[Server]:
    log = get_log_path(server.key)
    with log.open("wb") as output, ExitStack() as stack:
        for command in commands:
            server.processes.append(stack.enter_context(run_process(command, output)))
        server.wait_until_ready(log)
        yield server


def make_folder(key: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{key}-", dir=settings.VAR_DIR))


def get_log_path(key: str) -> Path:
    return Path(settings.VAR_DIR) / f"log/benchmark-{key}.log"


def list_names(proxy: Proxy) -> list[str]:
    return [*(f"web-{number}" for number in range(proxy.workers)), "public"]


@contextmanager
def run_process(command: Command, output: Any) -> Iterator[subprocess.Popen[bytes]]:
    line = ["setpriv", "--pdeathsig", "TERM", *command.line]
    process = subprocess.Popen(
        line,
        cwd=settings.BASE_DIR,
        env=os.environ | command.environment,
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
