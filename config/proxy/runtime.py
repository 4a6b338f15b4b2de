"""Ask a running HAProxy, over its socket."""

from __future__ import annotations

import csv
import io
import socket
from typing import Final

# Seconds for each step.
TIME_LIMIT: Final = 2.0
LARGEST_ANSWER: Final = 4_000_000


def ask(run_dir: str, command: str) -> str:
    """Return the answer to a command. Raise OSError without one."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIME_LIMIT)
        connection.connect(f"{run_dir}/haproxy.sock")
        connection.sendall(f"{command}\n".encode())
        with connection.makefile("rb") as answer:
            return answer.read(LARGEST_ANSWER).decode()


def count_unserved(run_dir: str) -> int:
    """Return how many requests HAProxy has refused since its start, as no thread took them.

    Raise OSError without an answer.
    """
    rows = csv.DictReader(io.StringIO(ask(run_dir, "show stat").removeprefix("# ")))
    return sum(int(row["econ"]) for row in rows if row["svname"] == "BACKEND")
