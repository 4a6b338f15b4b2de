"""Clients that behave badly, in one thread: raw bytes, sent and read as slowly as they like."""

from __future__ import annotations

import asyncio
import re
import resource
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

from config.tests.crowd import head

STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3})", re.MULTILINE)


def allow_descriptors(count):
    """Let this process have so many sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(count, hard)), hard))


@dataclass
class Heard:
    """What a connection brought until its end, and after how many seconds that was."""

    text: bytes = b""
    size: int = 0
    seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def add(self, piece):
        self.size += len(piece)
        self.text = (self.text + piece)[:100_000]

    def end(self):
        self.seconds = time.monotonic() - self.began
        return self

    @property
    def statuses(self):
        return [int(status) for status in STATUS.findall(self.text)]


async def connected(port, *, receive=0):
    """A socket; with `receive`, one whose kernel keeps hardly more than so many bytes."""
    sock = socket.socket()
    sock.setblocking(False)
    if receive:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    return sock


async def say(port, data, seconds=30):
    """All that is answered until the connection ends, or for so long."""
    heard = Heard()
    with await connected(port) as sock, suppress(TimeoutError, OSError):
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            await loop.sock_sendall(sock, data)
            while piece := await loop.sock_recv(sock, 65536):
                heard.add(piece)
    return heard.end()


async def drip(port, start, piece, pause):
    """Send the start, then a piece now and then, until there is an answer or the end."""
    heard, loop = Heard(), asyncio.get_running_loop()
    with await connected(port) as sock, suppress(OSError):
        await loop.sock_sendall(sock, start)
        while not heard.size:
            await loop.sock_sendall(sock, piece)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    heard.add(await loop.sock_recv(sock, 65536))
                    break
    return heard.end()


async def sip(port, request, rate, over):
    """Read so many bytes a second until the connection ends or `over` is set."""
    heard, loop = Heard(), asyncio.get_running_loop()
    with await connected(port, receive=4096) as sock, suppress(OSError):
        await loop.sock_sendall(sock, request)
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    if not (piece := await loop.sock_recv(sock, max(1, rate // 4))):
                        break
                    heard.add(piece)
            await asyncio.sleep(0.25)
    return heard.end()


async def pipeline(port, request, over):
    """Send request after request and read nothing: how many bytes were taken."""
    sent, loop = 0, asyncio.get_running_loop()
    block = request * 500
    with await connected(port, receive=4096) as sock, suppress(OSError):
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await loop.sock_sendall(sock, block)
                    sent += len(block)
    return sent


async def idle(port, over):
    """Be answered once, and keep the connection."""
    loop = asyncio.get_running_loop()
    with await connected(port) as sock:
        await loop.sock_sendall(sock, head("/healthz"))
        answer = await loop.sock_recv(sock, 65536)
        await over.wait()
        return answer.startswith(b"HTTP/1.1 200 ")
