"""What HAProxy itself counts, and how much memory the site's processes have."""

from __future__ import annotations

import csv
import io
import socket
import threading
from collections import defaultdict

import psutil


def told(site, command):
    """The answer of HAProxy's socket."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(f"{site.run_dir}/haproxy.sock")
        sock.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: sock.recv(65536), b"")).decode()


def stats(site):
    """The rows of `show stat`, by backend and server."""
    rows = csv.DictReader(io.StringIO(told(site, "show stat").removeprefix("# ")))
    return {(row["pxname"], row["svname"]): row for row in rows}


def reached_gunicorn(site):
    """How many requests were given to its processes."""
    servers = ("web-", "public")
    return sum(
        int(row["stot"]) for (_, name), row in stats(site).items() if name.startswith(servers)
    )


class Watch(threading.Thread):
    """Looks ten times a second until the block ends: the most megabytes that each kind of process
    had, and the most requests that each of them was given at once by each backend."""

    def __init__(self, site):
        super().__init__()
        self.site, self.is_over = site, threading.Event()
        self.megabytes, self.at_once = defaultdict(int), defaultdict(int)

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
            for (backend, server), row in stats(self.site).items():
                if server.startswith("web-"):
                    most = max(self.at_once[backend, server], int(row["scur"]))
                    self.at_once[backend, server] = most
