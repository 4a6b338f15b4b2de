"""Programs that stand still: they keep their connections, but answer nothing."""

import os
import signal
import socket
import struct
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def frozen_pgbouncer(folder, pool):
    """Freeze the PgBouncer that listens in the folder on the pool's port."""
    with frozen(get_process(Path(folder, f".s.PGSQL.{pool.listen_port}"))):
        yield


@contextmanager
def frozen_postgres(postmaster):
    """Freeze PostgreSQL with its backends."""
    with frozen(postmaster):
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        with frozen(*map(int, children)):
            yield


@contextmanager
def frozen(*processes):
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def get_process(path):
    """Return the pid of the process that listens on the socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return struct.unpack("3i", credentials)[0]
