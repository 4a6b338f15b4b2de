"""Memory of a variant's processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import psutil
from django.conf import settings

from bench.postgres import list_backends
from bench.results import Process
from bench.servers import Server

MEGABYTE: Final = 1e6


def list_processes(server: Server) -> list[Process]:
    """Return the server's processes, its PostgreSQL backends and, for (a), the PgBouncers."""
    return [
        *_measure_processes("gunicorn, master", (process.pid for process in server.list_masters())),
        *_measure_processes("gunicorn, worker", (process.pid for process in server.list_workers())),
        *_measure_processes("HAProxy", (process.pid for process in server.list_proxies())),
        *(list_pgbouncers() if server.key == "a" else ()),
        *_measure_processes("PostgreSQL, backend", list_backends(server.role)),
    ]


def list_pgbouncers() -> Iterator[Process]:
    supervisor = int((settings.VAR_DIR / "run/supervisord.pid").read_text())
    for process in psutil.Process(supervisor).children():
        for pool in settings.POOLS:
            if process.cmdline()[-1].endswith(f"/{pool}.ini"):
                yield from _measure_processes(f"PgBouncer, {pool}", [process.pid])


def _measure_processes(kind: str, pids: Iterable[int]) -> Iterator[Process]:
    for pid in pids:
        try:
            memory = psutil.Process(pid).memory_full_info()
        except psutil.NoSuchProcess:  # the connection lasted for one request only
            continue
        rss, pss = round(memory.rss / MEGABYTE, 1), round(memory.pss / MEGABYTE, 1)
        yield Process(kind=kind, rss=rss, pss=pss)
