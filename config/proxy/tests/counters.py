"""HAProxy's counters and the memory of the site's processes."""

from __future__ import annotations

import csv
import io
import socket
import threading
from collections import defaultdict

import psutil


def run_command(site, command):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(f"{site.run_dir}/haproxy.sock")
        sock.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: sock.recv(65536), b"")).decode()


def read_stats(site):
    """Return the rows of `show stat` by backend and server."""
    rows = csv.DictReader(io.StringIO(run_command(site, "show stat").removeprefix("# ")))
    return {(row["pxname"], row["svname"]): row for row in rows}


def count_gunicorn_requests(site):
    servers = ("web-", "public")
    return sum(
        int(row["stot"]) for (_, name), row in read_stats(site).items() if name.startswith(servers)
    )


class Watch(threading.Thread):
    """Record the maximum memory per process and concurrent requests per backend and server."""

    def __init__(self, site):
        super().__init__()
        self.site, self.is_over = site, threading.Event()
        self.megabytes, self.concurrent = defaultdict(int), defaultdict(int)

    def __enter__(self):
        names = ("haproxy", "public", *(f"web:web-{number}" for number in range(2)))
        masters = {name: psutil.Process(self.site.pid(name)) for name in names}
        self.processes = {
            name: [master, *master.children(recursive=True)] for name, master in masters.items()
        }
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.join()

    def run(self):
        while not self.is_over.wait(0.1):
            for name, processes in self.processes.items():
                size = max(process.memory_info().rss for process in processes) // 1_000_000
                self.megabytes[name] = max(self.megabytes[name], size)
            for (backend, server), row in read_stats(self.site).items():
                if server.startswith("web-"):
                    most = max(self.concurrent[backend, server], int(row["scur"]))
                    self.concurrent[backend, server] = most
