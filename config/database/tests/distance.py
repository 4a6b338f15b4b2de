"""Two network namespaces, far from each other, for tests.

Packets between them pass this module's process, which delays or drops them. It needs only
util-linux and an unprivileged user. Unix sockets connect both to the outside.
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from contextlib import contextmanager

from config.database.tests.network import (
    MAKE,
    NLM_F_CREATE,
    ROOT,
    ask_kernel,
    set_up,
)

IP_ADDRESSES = ("10.9.0.1", "10.9.0.2")
MASK = "255.255.255.0"
MODULE = "config.database.tests.distance"

# linux/rtnetlink.h, linux/if_link.h, linux/veth.h, linux/sockios.h, linux/if_packet.h
RTM_NEWLINK, NLM_F_EXCL = 16, 0x200
IFLA_IFNAME, IFLA_LINKINFO, IFLA_NET_NS_PID = 3, 18, 19
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
SIOCSIFADDR, SIOCSIFNETMASK = 0x8916, 0x891C
SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 263, 15, 23, 3
LARGEST_PACKET = 70_000


class Distance:
    """The process between the namespaces; it executes commands from its standard input."""

    def __init__(self):
        self._process = subprocess.Popen(
            [*MAKE, sys.executable, "-m", MODULE],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._process.stdout.readline().split()
        assert len(line) == 2, "needs user namespaces"
        self._ends = [int(pid) for pid in line]

    def enter(self, side):
        """Return the start of a command that runs in the first or second namespace."""
        return [
            "nsenter",
            f"--target={self._ends[side]}",
            "--user",
            "--preserve-credentials",
            "--net",
        ]

    def start(self, side, *command, **options):
        return subprocess.Popen([*self.enter(side), *map(str, command)], **options)

    def set_delay(self, seconds):
        """Let each packet take so long from now on."""
        self._send(str(seconds))

    @contextmanager
    def cut(self):
        self._send("cut")
        try:
            yield
        finally:
            self._send("join")

    def _send(self, word):
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == f"{word}\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class Link:
    """What is on its way in both directions."""

    def __init__(self, sockets):
        self.others = dict(zip(sockets, reversed(sockets), strict=True))
        self.queue, self.delay, self.is_cut = deque(), 0.0, False

    def run(self):
        while True:
            self.deliver()
            wait = max(0.0, self.queue[0][0] - time.monotonic()) if self.queue else None
            for found in select.select([*self.others, sys.stdin], [], [], wait)[0]:
                if found is not sys.stdin:
                    self.take(found)
                elif not self.obey(sys.stdin.readline().strip()):
                    return

    def deliver(self):
        while self.queue and self.queue[0][0] <= time.monotonic():
            _, target, packet = self.queue.popleft()
            target.send(packet)

    def take(self, source):
        packet = source.recv(LARGEST_PACKET)
        if not self.is_cut:
            self.queue.append((time.monotonic() + self.delay, self.others[source], packet))

    def obey(self, word):
        if word in ("cut", "join"):
            self.is_cut = word == "cut"
            self.queue.clear()
        elif word:
            self.delay = float(word)
        if word:
            sys.stdout.write(f"{word}\n")
            sys.stdout.flush()
        return word


def start_end(ip_address):
    """Start a process in a namespace of its own, with a device to this one; return both."""
    process = subprocess.Popen(
        ["unshare", "--net", sys.executable, "-m", MODULE, ip_address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"apart\n"
    name = f"middle{process.pid}"[:15]
    create_pair(name, "far", process.pid)
    process.stdin.write(b"joined\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"up\n"
    set_up(name)
    return process, open_device(name)


def create_pair(name, other, pid):
    """Create two joined devices: one here, and the other in the process's namespace."""
    nobody = struct.pack("BxHiII", 0, 0, 0, 0, 0)
    place = pack(IFLA_NET_NS_PID, struct.pack("i", pid))
    peer = pack(VETH_INFO_PEER, nobody + pack(IFLA_IFNAME, f"{other}\0".encode()) + place)
    kind = pack(IFLA_INFO_KIND, b"veth") + pack(IFLA_INFO_DATA, peer)
    link = pack(IFLA_IFNAME, f"{name}\0".encode()) + pack(IFLA_LINKINFO, kind)
    ask_kernel(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, nobody + link)


def pack(kind, value):
    padding = bytes(-len(value) % 4)
    return struct.pack("HH", 4 + len(value), kind) + value + padding


def open_device(name):
    """Return a socket for whole packets, with the headers that say what the sender left to do."""
    device = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    device.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    device.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    device.bind((name, ETH_P_ALL))
    return device


def set_ip_address(name, ip_address):
    with socket.socket() as device:
        for number, value in ((SIOCSIFADDR, ip_address), (SIOCSIFNETMASK, MASK)):
            place = struct.pack(
                "16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(value)
            )
            fcntl.ioctl(device, number, place)


def be_an_end(ip_address):
    os.write(1, b"apart\n")
    sys.stdin.readline()
    for name in ("lo", "far"):
        set_up(name)
    set_ip_address("far", ip_address)
    os.write(1, b"up\n")
    sys.stdin.read()


def be_the_middle():
    (a, first), (b, second) = map(start_end, IP_ADDRESSES)
    sys.stdout.write(f"{a.pid} {b.pid}\n")
    sys.stdout.flush()
    try:
        Link((first, second)).run()
    finally:
        for end in (a, b):
            end.stdin.close()
            end.wait(10)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        be_an_end(sys.argv[1])
    else:
        be_the_middle()
