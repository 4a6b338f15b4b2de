"""Misbehaving clients in one thread: raw bytes, sent and read slowly."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

from config.tests.crowd import render_head

STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3})", re.MULTILINE)


@dataclass
class Reply:
    """What a connection received until its end, and the seconds that took."""

    text: bytes = b""
    size: int = 0
    seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def add(self, piece):
        self.size += len(piece)
        self.text = (self.text + piece)[:100_000]

    def end(self):
        self.seconds = time.monotonic() - self.started
        return self

    @property
    def statuses(self):
        return [int(status) for status in STATUS.findall(self.text)]


async def connect(port, *, receive=0):
    """Return a socket; `receive` limits its receive buffer, in bytes."""
    sock = socket.socket()
    sock.setblocking(False)
    if receive:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    return sock


async def say(port, data, seconds=30):
    """Send the data and read until the connection ends or the time is over."""
    reply = Reply()
    with await connect(port) as sock, suppress(TimeoutError, OSError):
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            await loop.sock_sendall(sock, data)
            while piece := await loop.sock_recv(sock, 65536):
                reply.add(piece)
    return reply.end()


async def drip(port, start, piece, pause):
    """Send the start, then a piece after each pause, until a response or the end."""
    reply, loop = Reply(), asyncio.get_running_loop()
    with await connect(port) as sock, suppress(OSError):
        await loop.sock_sendall(sock, start)
        while not reply.size:
            await loop.sock_sendall(sock, piece)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    reply.add(await loop.sock_recv(sock, 65536))
                    break
    return reply.end()


async def sip(port, request, rate, over):
    reply, loop = Reply(), asyncio.get_running_loop()
    with await connect(port, receive=4096) as sock, suppress(OSError):
        await loop.sock_sendall(sock, request)
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    if not (piece := await loop.sock_recv(sock, max(1, rate // 4))):
                        break
                    reply.add(piece)
            await asyncio.sleep(0.25)
    return reply.end()


async def pipeline(port, request, over):
    """Send requests without reading, and return how many bytes were accepted."""
    accepted, loop = 0, asyncio.get_running_loop()
    block = request * 500
    with await connect(port, receive=4096) as sock, suppress(OSError):
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await loop.sock_sendall(sock, block)
                    accepted += len(block)
    return accepted


async def idle(port, over):
    loop = asyncio.get_running_loop()
    with await connect(port) as sock:
        await loop.sock_sendall(sock, render_head("/healthz"))
        response = await loop.sock_recv(sock, 65536)
        await over.wait()
        return response.startswith(b"HTTP/1.1 200 ")
