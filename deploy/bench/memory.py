"""Memory of a variant's processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psutil
from django.conf import settings

from bench.postgres import list_backends
from bench.servers import Server

MEGABYTE: Final = 1e6


def measure_memory(server: Server) -> float:
    """Return the MB of the server's processes, its PostgreSQL backends and its PgBouncers.

    Of memory that processes share, each counts its part.
    """
    processes = [process.pid for process in server.list_processes()]
    pids = [*processes, *list_backends(server.role), *_list_pgbouncers(server)]
    return round(sum(map(_measure, pids)) / MEGABYTE, 1)


def _list_pgbouncers(server: Server) -> Iterator[int]:
    if server.key == "site":
        supervisor = int((settings.VAR_DIR / "run/supervisord.pid").read_text())
        for process in psutil.Process(supervisor).children():
            if process.name() == "pgbouncer":
                yield process.pid


def _measure(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_full_info().pss)
    except psutil.NoSuchProcess:  # a connection that lasted for one request only
        return 0
