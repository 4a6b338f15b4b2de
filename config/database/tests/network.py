"""A private network namespace for tests, which can drop every packet.

It needs only util-linux and an unprivileged user. Unix sockets connect it to the outside.
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
    """A process in the namespace, which executes commands from its standard input."""

    def __init__(self):
        self._process = subprocess.Popen(
            [*MAKE, sys.executable, "-m", "config.database.tests.network"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._send("up")

    def _send(self, word):
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == f"{word}\n", "needs user namespaces"

    def start(self, *command, **options):
        """Start a program in the namespace; `options` are those of Popen."""
        enter = ["nsenter", f"--target={self._process.pid}", "--user", "--preserve-credentials"]
        return subprocess.Popen([*enter, "--net", *map(str, command)], **options)

    @contextmanager
    def cut(self):
        self._send("cut")
        try:
            yield
        finally:
            self._send("mend")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def set_up(name="lo"):
    with socket.socket() as device:
        fcntl.ioctl(device, SIOCSIFFLAGS, struct.pack("16sh14x", name.encode(), IFF_UP))


def drop_packets():
    set_queue(RTM_NEWQDISC, NLM_F_CREATE)


def restore_packets():
    set_queue(RTM_DELQDISC, 0)


def set_queue(kind, flags):
    """Add or remove the loopback's "blackhole" queue, which drops all packets."""
    name = struct.pack("HH12s", 4 + 10, TCA_KIND, b"blackhole")
    ask_kernel(kind, flags, struct.pack("BxxxiIII", 0, LOOPBACK, 0, TC_H_ROOT, 0) + name)


def ask_kernel(kind, flags, body):
    """Send a request by rtnetlink; raise OSError if the kernel refuses it."""
    head = (16 + len(body), kind, NLM_F_REQUEST | NLM_F_ACK | flags, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as kernel:
        kernel.send(struct.pack("IHHII", *head) + body)
        (error,) = struct.unpack_from("i", kernel.recv(4096), 16)
    if error:
        raise OSError(-error, os.strerror(-error))


if __name__ == "__main__":
    for line in sys.stdin:
        {"up": set_up, "cut": drop_packets, "mend": restore_packets}[line.strip()]()
        sys.stdout.write(line)
        sys.stdout.flush()
