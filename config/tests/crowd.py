"""Many clients at once, in one thread: more than threads could play."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Heard:
    """An answer, after so many seconds; status 0 where there was none."""

    status: int
    seconds: float
    headers: dict = field(default_factory=dict)
    body: bytes = b""


def crowd(port, count, path, *, requests=1, until=None, headers=()):
    """`count` clients ask so often each, or until the event, on connections kept while they may."""
    turns = range(requests) if until is None else iter(until.is_set, True)

    async def all_of_them():
        ask = head(path, headers)
        clients = [client(port, ask, turns) for _ in range(count)]
        return [heard for answers in await asyncio.gather(*clients) for heard in answers]

    return asyncio.run(all_of_them())


async def client(port, ask, turns):
    answers, streams = [], None
    for _ in turns:
        began = time.monotonic()
        try:
            streams = streams or await asyncio.open_connection("127.0.0.1", port)
            streams[1].write(ask)
            answers.append(await hear(streams[0], began))
        except (OSError, asyncio.IncompleteReadError) as error:
            answers.append(Heard(0, time.monotonic() - began, body=repr(error).encode()))
        if answers[-1].status == 0 or answers[-1].headers.get("connection") == "close":
            await hang_up(streams)
            streams = None
    await hang_up(streams)
    return answers


async def hear(reader, began):
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Heard(int(lines[0].split()[1]), time.monotonic() - began, headers, body)


async def hang_up(streams):
    if streams:
        streams[1].close()
        await asyncio.gather(streams[1].wait_closed(), return_exceptions=True)


def head(path, headers=(), *, method="GET"):
    fields = {"Host": "127.0.0.1", **dict(headers)}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def trickle(port, start, piece, pause):
    """Send the start, then a piece now and then, until there is an answer: which one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    answer = asyncio.ensure_future(hear(reader, time.monotonic()))
    while not answer.done():
        writer.write(piece)
        await asyncio.wait([answer], timeout=pause)
    await hang_up((reader, writer))
    return answer.result()


def children(pid):
    """The processes that this one has started."""
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
