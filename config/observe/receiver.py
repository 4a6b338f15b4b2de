"""Receive the events of all processes of the site."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from config.observe.events import MAX_DATAGRAM_SIZE


class Receiver:
    """A thread that reads datagrams from a socket that only the site's user can write to."""

    def __init__(self, path: str, handle: Callable[[bytes], None]) -> None:
        self._handle = handle
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # A new name that replaces the old one: senders find one of both at any time.
        new = f"{path}.{os.getpid()}"
        with suppress(FileNotFoundError):
            Path(new).unlink()
        self._socket.bind(new)
        Path(new).chmod(0o600)
        Path(new).rename(path)

    def start(self) -> None:
        threading.Thread(target=self._receive, daemon=True, name="receiver").start()

    def _receive(self) -> None:
        while True:
            for event in self._socket.recv(MAX_DATAGRAM_SIZE).split(b"\n"):
                self._handle(event)
