"""Read HAProxy's counters from its socket."""

from __future__ import annotations

import csv
import io
import socket
from typing import Final

# Seconds.
TIMEOUT: Final = 2


def count_unserved(run_dir: str) -> int:
    """Return how many requests HAProxy has refused since its start, as no thread took them.

    Raise OSError without an answer.
    """
    rows = csv.DictReader(io.StringIO(_ask(run_dir, "show stat").removeprefix("# ")))
    return sum(int(row["econ"]) for row in rows if row["svname"] == "BACKEND")


def _ask(run_dir: str, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(f"{run_dir}/haproxy.sock")
        connection.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
