"""The memory of each process behind a variant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import psutil
from django.conf import settings

from bench.postgres import backends
from bench.results import Process
from bench.servers import Server

MEGABYTE: Final = 1e6


def of_server(server: Server) -> list[Process]:
    """The server's processes, PostgreSQL's for its role, and both PgBouncers where it uses them."""
    return [
        *_weighed("gunicorn, master", (process.pid for process in server.masters())),
        *_weighed("gunicorn, worker", (process.pid for process in server.workers())),
        *_weighed("HAProxy", (process.pid for process in server.proxies())),
        *(pgbouncers() if server.key == "a" else ()),
        *_weighed("PostgreSQL, backend", backends(server.role)),
    ]


def pgbouncers() -> Iterator[Process]:
    supervisor = int((settings.VAR_DIR / "run/supervisord.pid").read_text())
    for process in psutil.Process(supervisor).children():
        for pool in settings.POOLS:
            if process.cmdline()[-1].endswith(f"/{pool}.ini"):
                yield from _weighed(f"PgBouncer, {pool}", [process.pid])


def _weighed(kind: str, pids: Iterable[int]) -> Iterator[Process]:
    for pid in pids:
        try:
            memory = psutil.Process(pid).memory_full_info()
        except psutil.NoSuchProcess:  # a connection for one request only
            continue
        rss, pss = round(memory.rss / MEGABYTE, 1), round(memory.pss / MEGABYTE, 1)
        yield Process(kind=kind, rss=rss, pss=pss)
