"""Read the machine's state: processes, certificates, the disk."""

from __future__ import annotations

import http.client
import shutil
import socket
import ssl
import time
import xmlrpc.client
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from config.observe.catalogue import Reading
from config.proxy import runtime

TIME_LIMIT: Final = 2.0  # seconds for each step of a conversation
RUNNING: Final = 20  # supervisor's state
DAY: Final = 86400
LARGEST_RESPONSE: Final = 4_000_000


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIME_LIMIT)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIME_LIMIT)
        self.sock.connect(self.path)


def fetch(path: str, method: str, url: str, body: str | None = None) -> tuple[int, str, bytes]:
    """Return status, content type and body of the response of the server on the socket."""
    connection = UnixConnection(path)
    try:
        connection.request(method, url, body, {"Content-Type": "text/xml"} if body else {})
        response = connection.getresponse()
        kind = response.getheader("Content-Type", "text/plain")
        return response.status, kind, response.read(LARGEST_RESPONSE)
    finally:
        connection.close()


def read_disk(folder: Path) -> list[Reading]:
    usage = shutil.disk_usage(folder)
    return [
        Reading("ai4ceo_disk_free_bytes", (), usage.free),
        Reading("ai4ceo_disk_size_bytes", (), usage.total),
    ]


def read_processes(run_dir: str) -> list[Reading]:
    """Return whether each program runs, except those that were never started."""
    request = xmlrpc.client.dumps((), "supervisor.getAllProcessInfo")
    _, _, body = fetch(f"{run_dir}/supervisor.sock", "POST", "/RPC2", request)
    programs: Any = xmlrpc.client.loads(body)[0][0]
    return [
        Reading("ai4ceo_process_up", (_get_name(program),), int(program["state"] == RUNNING))
        for program in programs
        if program["start"]
    ]


def _get_name(program: Any) -> str:
    group, name = program["group"], program["name"]
    return str(name if group == name else f"{group}:{name}")


def read_certificates(run_dir: str, files: Sequence[str]) -> list[Reading]:
    """Return the days left of the certificates that HAProxy has loaded."""
    return [reading for file in files for reading in _read_certificate(run_dir, file)]


def _read_certificate(run_dir: str, file: str) -> Iterator[Reading]:
    path = file.replace(" ", r"\ ")
    for line in runtime.ask(run_dir, f"show ssl cert {path}").splitlines():
        name, _, value = line.partition(":")
        if name == "notAfter":
            seconds = ssl.cert_time_to_seconds(value.strip()) - time.time()
            yield Reading("ai4ceo_certificate_days_left", (Path(file).name,), seconds / DAY)
