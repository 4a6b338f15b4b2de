"""`python -m bench.growth FOLDER`: measure pages and API calls while their tables grow.

The views run in this process, through the web pool. Processor time counts, since other load on the
machine would change the time that passes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import django

# Per page and size.
REQUESTS: Final = 20
# It needs no database and takes as long at every size.
REFERENCE: Final = "/healthz"
LIMIT: Final = 1.5


class GrowthError(RuntimeError):
    """A page did not show what it should."""


@dataclass(frozen=True)
class Page:
    """A path, and a text that its body contains once per row, up to `most` times."""

    path: str
    mark: str
    most: int


@dataclass(frozen=True)
class Axis:
    unit: str
    sizes: tuple[int, ...]
    fill: Callable[[int, Any], None]
    pages: tuple[Page, ...]


@dataclass(frozen=True, kw_only=True)
class Line:
    """The processor time of a page by size: in ms, and as a multiple of REFERENCE's.

    `base` is the place of the first size with as many rows on the page as with the largest.
    """

    unit: str
    path: str
    base: int
    sizes: list[int]
    times: list[float]
    ratios: list[float]

    @property
    def growth(self) -> float:
        """Return the largest size's time as a multiple of the base's."""
        return self.ratios[-1] / self.ratios[self.base]


def list_axes() -> list[Axis]:
    from bench import growth_rows as rows

    card, expert, file = 'class="card expert"', '"slug"', '"storagePath"'
    return [
        Axis("rows of a page", (1, 3, 10), rows.add_few, (
            Page("/api/experts?limit={size}", expert, 10),
            Page("/api/files?limit={size}", file, 10),
        )),
        Axis("experts", (10, 100, 1_000, 10_000, 100_000), rows.add_experts, (
            Page("/", card, 24),
            Page("/?q=harbours", card, 1),
            Page("/?q=topic", card, 24),
            Page("/?q=zebra", card, 0),
            Page("/profile/", 'name="bio"', 1),
            Page("/api/experts?limit=10", expert, 10),
            Page("/api/experts?limit=10&after={last}", expert, 9),
        )),
        Axis("files of a person", (10, 100, 1_000, 10_000), rows.add_files, (
            Page("/files/", '<li class="file-row"', 24),
            Page("/files/?sort=largest", '<li class="file-row"', 24),
            Page("/api/files?limit=10", file, 10),
        )),
        Axis("sessions", (1_000, 10_000, 100_000, 1_000_000), rows.add_sessions, (
            Page("/api/profile", '"bio"', 1),
            Page("/api/tour", '"tour"', 1),
            Page("/admin/accounts/session/", 'name="_selected_action"', 100),
        )),
    ]  # fmt: skip


def measure() -> list[Line]:
    """Fill the tables of deploy/benchmark's databases step by step, and measure at each step."""
    from accounts.models import User
    from bench.users import create_users
    from onboarding.models import Expert

    (cookie,) = create_users(1)
    users, client = User.objects.filter(email="user-0@example.org"), make_client(cookie)
    users.update(is_staff=True, is_superuser=True)
    Expert.objects.all().delete()  # the default ones
    return [line for axis in list_axes() for line in measure_axis(axis, client, users.get())]


def make_client(cookie: str) -> Any:
    from django.test import Client

    return Client(SERVER_NAME="127.0.0.1", HTTP_COOKIE=cookie)


def measure_axis(axis: Axis, client: Any, user: Any) -> list[Line]:
    lines = [
        Line(
            unit=axis.unit,
            path=page.path,
            base=find_base(axis, page),
            sizes=[],
            times=[],
            ratios=[],
        )
        for page in axis.pages
    ]
    for size in axis.sizes:
        axis.fill(size, user)
        for page, line in zip(axis.pages, lines, strict=True):
            path = page.path.format(size=size, last=find_tenth_last_expert())
            check(client, path, page, size)
            milliseconds, ratio = measure_path(client, path)
            line.sizes.append(size)
            line.times.append(milliseconds)
            line.ratios.append(ratio)
    return lines


def find_base(axis: Axis, page: Page) -> int:
    if "{size}" in page.path:
        return 0
    return next(place for place, size in enumerate(axis.sizes) if size >= page.most)


def find_tenth_last_expert() -> int:
    from onboarding.models import Expert

    return int(Expert.objects.for_catalogue().reverse()[9].pk)


def check(client: Any, path: str, page: Page, size: int) -> None:
    """Raise GrowthError unless the page shows its rows."""
    response = client.get(path)
    shown = response.content.decode().count(page.mark)
    if response.status_code != 200 or shown != min(page.most, size):
        raise GrowthError(f"{path} at {size:,}: status {response.status_code}, {shown} rows")


def measure_path(client: Any, path: str) -> tuple[float, float]:
    """Return the processor time of a request in ms, and as a multiple of REFERENCE's."""
    taken, reference = measure_requests(client, path), measure_requests(client, REFERENCE)
    return round(taken, 2), round(taken / reference, 2)


def measure_requests(client: Any, path: str) -> float:
    """Return the mean processor time, in ms, of this process and its PostgreSQL backend."""
    backend = get_backend()
    began = read_processor_time(backend)
    for _ in range(REQUESTS):
        client.get(path)
    taken = read_processor_time(backend) - began
    if get_backend() != backend:
        raise GrowthError(f"{path}: another backend has served it")
    return taken * 1000 / REQUESTS


def get_backend() -> int:
    """Return the process of PostgreSQL: PgBouncer gives a lone client the same one each time."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def read_processor_time(process: int) -> float:
    nanoseconds = Path(f"/proc/{process}/schedstat").read_text().split()[0]
    return time.process_time() + int(nanoseconds) / 1e9


def read_lines(file: Path) -> list[Line]:
    return [Line(**line) for line in json.loads(file.read_text())]


def write_lines(file: Path, lines: Iterable[Line]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(line) for line in lines], indent=1) + "\n")


if __name__ == "__main__":
    django.setup()
    write_lines(Path(sys.argv[1]) / "growth.json", measure())
