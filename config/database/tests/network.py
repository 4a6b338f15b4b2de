"""A network of a test's own: programs in it reach each other until it drops every packet.

Made by util-linux and the kernel alone, for an ordinary user. Sockets in the file system lead
into it and out of it.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
MAKE = ("unshare", "--user", "--map-current-user", "--keep-caps", "--net")

# linux/sockios.h, linux/rtnetlink.h
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
RTM_NEWQDISC, RTM_DELQDISC = 36, 37
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 1, 4, 0x400
LOOPBACK, TCA_KIND, TC_H_ROOT = 1, 1, 0xFFFFFFFF


class Network:
    """Kept by a process in it, which obeys what it is told on its standard input."""

    def __init__(self):
        self._keeper = subprocess.Popen(
            [*MAKE, sys.executable, "-m", "config.database.tests.network"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._tell("up")

    def _tell(self, word):
        self._keeper.stdin.write(f"{word}\n")
        self._keeper.stdin.flush()
        assert self._keeper.stdout.readline() == f"{word}\n", "needs user namespaces"

    def start(self, *command, **options):
        """A program in it; `options` are those of Popen."""
        enter = ["nsenter", f"--target={self._keeper.pid}", "--user", "--preserve-credentials"]
        return subprocess.Popen([*enter, "--net", *map(str, command)], **options)

    @contextmanager
    def cut(self):
        """Every packet is dropped without a word."""
        self._tell("cut")
        try:
            yield
        finally:
            self._tell("mend")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._keeper.stdin.close()
        self._keeper.wait(10)
        self._keeper.stdout.close()


def up():
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def cut():
    queue(RTM_NEWQDISC, NLM_F_CREATE)


def mend():
    queue(RTM_DELQDISC, 0)


def queue(kind, flags):
    """The loopback's queue is made, or removed: one that loses what it is given."""
    name = struct.pack("HH12s", 4 + 10, TCA_KIND, b"blackhole")
    body = struct.pack("BxxxiIII", 0, LOOPBACK, 0, TC_H_ROOT, 0) + name
    head = (16 + len(body), kind, NLM_F_REQUEST | NLM_F_ACK | flags, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as kernel:
        kernel.send(struct.pack("IHHII", *head) + body)
        (error,) = struct.unpack_from("i", kernel.recv(4096), 16)
    if error:
        raise OSError(-error, os.strerror(-error))


if __name__ == "__main__":
    for line in sys.stdin:
        {"up": up, "cut": cut, "mend": mend}[line.strip()]()
        sys.stdout.write(line)
        sys.stdout.flush()
