"""Many concurrent clients in one thread."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Response:
    """A response and its seconds; status 0 if there was none."""

    status: int
    seconds: float
    headers: dict = field(default_factory=dict)
    body: bytes = b""


def crowd(port, count, path, *, requests=1, until=None, pause=0.0, headers=()):
    """Run `count` clients with `requests` each, or until the event, on persistent connections.

    Each pauses for that many seconds after a response.
    """
    turns = range(requests) if until is None else iter(until.is_set, True)

    async def run_all():
        ask = render_head(path, headers)
        clients = [run_client(port, ask, turns, pause) for _ in range(count)]
        return [response for answers in await asyncio.gather(*clients) for response in answers]

    return asyncio.run(run_all())


async def run_client(port, ask, turns, pause):
    answers, streams = [], None
    for _ in turns:
        began = time.monotonic()
        try:
            streams = streams or await asyncio.open_connection("127.0.0.1", port)
            streams[1].write(ask)
            answers.append(await read_response(streams[0], began))
        except (OSError, asyncio.IncompleteReadError) as error:
            answers.append(Response(0, time.monotonic() - began, body=repr(error).encode()))
        if answers[-1].status == 0 or answers[-1].headers.get("connection") == "close":
            await close(streams)
            streams = None
        if pause:
            await asyncio.sleep(pause)
    await close(streams)
    return answers


async def read_response(reader, began):
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Response(int(lines[0].split()[1]), time.monotonic() - began, headers, body)


async def close(streams):
    if streams:
        streams[1].close()
        await asyncio.gather(streams[1].wait_closed(), return_exceptions=True)


def render_head(path, headers=(), *, method="GET"):
    fields = {"Host": "127.0.0.1", **dict(headers)}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def trickle(port, start, piece, pause):
    """Send `start`, then `piece` after each pause, until there is a response; return it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    answer = asyncio.ensure_future(read_response(reader, time.monotonic()))
    while not answer.done():
        writer.write(piece)
        await asyncio.wait([answer], timeout=pause)
    await close((reader, writer))
    return answer.result()


def list_children(pid):
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
