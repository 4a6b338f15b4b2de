"""The pages that take longest, by their statements and by Python."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from django.db import connection
from django.test import Client
from django.urls import resolve

from bench.table import render_table
from config.api import api

SAMPLES: Final = 7
SHOWN: Final = 5
LINK: Final = re.compile(r'href="(/[^"?#]*)')
IGNORED: Final = ("/static/", "/api/docs")


@dataclass(frozen=True, kw_only=True)
class PageTime:
    """Times of a GET request in ms, in this process: without HAProxy and gunicorn."""

    view: str
    total: float
    sql: float
    statements: int

    @property
    def python(self) -> float:
        return self.total - self.sql


Key = Callable[[PageTime], float]


class Stopwatch:
    """Measures and counts the statements of a block."""

    def __init__(self) -> None:
        self.seconds, self.statements = 0.0, 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.statements += 1
        start = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += time.perf_counter() - start


def list_page_times(cookie: str) -> list[PageTime]:
    """Return the time of a page of each view that the user's pages link, and of the API's lists."""
    logging.disable()  # the files of the rows do not exist
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies.load(cookie)
    return [measure_page(client, path) for path in list_paths(client)]


def list_paths(client: Client) -> list[str]:
    """Follow the links; return one path per view that responds with a page."""
    schema = api.get_openapi_schema()
    calls = [path for path, ways in schema["paths"].items() if "get" in ways and "{" not in path]
    waiting, seen, found = ["/", *calls], set(), []
    while waiting:
        path = waiting.pop(0)
        if path.startswith(IGNORED) or (view := resolve(path).view_name) in seen:
            continue
        seen.add(view)
        response = client.get(path)
        if response.status_code == 200 and not response.streaming:
            found.append(path)
            waiting += LINK.findall(response.content.decode())
    return found


def measure_page(client: Client, path: str) -> PageTime:
    """Return the sample with the median of the total time."""
    samples = sorted(_sample(client, path) for _ in range(SAMPLES))
    total, sql, statements = samples[SAMPLES // 2]
    return PageTime(view=resolve(path).view_name, total=total, sql=sql, statements=statements)


def _sample(client: Client, path: str) -> tuple[float, float, int]:
    watch = Stopwatch()
    with connection.execute_wrapper(watch):
        start = time.perf_counter()
        client.get(path)
        total = time.perf_counter() - start
    return total * 1000, watch.seconds * 1000, watch.statements


def render_slowest(times: Sequence[PageTime]) -> str:
    parts = []
    for name, key in (("statements", _get_sql), ("Python", _get_python)):
        head = [f"slowest of {len(times)} by {name}, ms", "all", "SQL", "statements", "Python"]
        parts.append(render_table(head, _render_rows(times, key)))
    middle = median(one.total for one in times)
    return "\n\n".join([*parts, f"The median of all pages is {middle:.1f} ms."])


def _render_rows(times: Sequence[PageTime], key: Key) -> Iterator[list[str]]:
    for one in sorted(times, key=key, reverse=True)[:SHOWN]:
        numbers = (f"{value:.1f}" for value in (one.total, one.sql))
        yield [f"`{one.view}`", *numbers, str(one.statements), f"{one.python:.1f}"]


def _get_sql(page: PageTime) -> float:
    return page.sql


def _get_python(page: PageTime) -> float:
    return page.python
