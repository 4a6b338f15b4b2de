"""`python -m bench.pages FOLDER`: the first byte of pages, and the slowest pages."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import django

from bench.pairs import Spread, Verdict

EXPERTS: Final = 100
FILES: Final = 1000
ROUNDS: Final = 9
SAMPLES: Final = 30  # requests for a page and as many to the API, by turns, in a round
LIMIT: Final = 3.0
API: Final = "/api/profile"
# The text that tells that the page is the right one.
PAGES: Final = {"/": "Expert 001", "/files/": "file-0999", "/profile/": "Europe/Berlin"}


@dataclass(frozen=True, kw_only=True)
class FirstByte:
    """Medians in ms of a page and of the API, and their ratio by rounds."""

    path: str
    page: float
    api: float
    ratio: Spread

    @property
    def verdict(self) -> Verdict:
        return self.ratio.judge(LIMIT, is_least=False)


def measure_first_bytes(port: int, cookie: str) -> list[FirstByte]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as web:
        for path, text in PAGES.items():
            check_page(web, path, text, cookie)
        return [measure_page(web, path, cookie) for path in PAGES]


def check_page(web: http.client.HTTPConnection, path: str, text: str, cookie: str) -> None:
    web.request("GET", path, headers={"Cookie": cookie})
    response = web.getresponse()
    body = response.read().decode()
    if response.status != 200 or text not in body:
        raise SystemExit(f"{path} responds with {response.status} and without {text!r}.")


def measure_page(web: http.client.HTTPConnection, path: str, cookie: str) -> FirstByte:
    rounds = []
    for _ in range(ROUNDS):
        pairs = [[time_first_byte(web, one, cookie) for one in (API, path)] for _ in range(SAMPLES)]
        rounds.append([median(times) for times in zip(*pairs, strict=True)])
    api, page = (median(values) for values in zip(*rounds, strict=True))
    ratio = Spread.of(page / api for api, page in rounds)
    assert ratio  # noqa: S101  there are rounds
    return FirstByte(path=path, page=page, api=api, ratio=ratio)


def time_first_byte(web: http.client.HTTPConnection, path: str, cookie: str) -> float:
    """Return the ms until the response's head, which comes with the body's first byte."""
    start = time.perf_counter()
    web.request("GET", path, headers={"Cookie": cookie})
    response = web.getresponse()
    elapsed = time.perf_counter() - start
    response.read()
    return elapsed * 1000


def render_first_bytes(found: Iterable[FirstByte]) -> str:
    from bench.table import render_table

    head = [f"first byte, with {EXPERTS} experts and {FILES:,} files", "p50, ms"]
    head += [f"p50 of `{API}`", f"ratio, <= {LIMIT}", "verdict"]
    return render_table(
        head,
        (
            [f"`{one.path}`", f"{one.page:.1f}", f"{one.api:.1f}", str(one.ratio), one.verdict]
            for one in found
        ),
    )


def main(folder: Path) -> None:
    django.setup()
    from django.conf import settings

    from accounts.models import User
    from bench import rows, slowest
    from bench.servers import run_site
    from bench.users import create_users

    [cookie] = create_users(1)
    rows.create_experts(EXPERTS)
    user = User.objects.get(email="user-0@example.org")
    rows.create_files(user, FILES)
    with run_site("site", settings.POSTGRES["web"].user, {}) as site:
        first_bytes = render_first_bytes(measure_first_bytes(site.port, cookie))
    # Administrators see every page.
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    text = f"{first_bytes}\n\n{slowest.render_slowest(slowest.list_page_times(cookie))}\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pages.md").write_text(f"# Pages\n\n{text}")
    sys.stdout.write(f"\n{text}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
