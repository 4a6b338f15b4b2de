"""People at work on a site while something happens to it, and what they were answered."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

TIMEOUT = 60


@dataclass(frozen=True)
class Answer:
    """One request: begun at `began` (time.monotonic), answered after `seconds`; 0 for no answer."""

    method: str
    began: float
    seconds: float
    status: int
    retry_after: str | None = None
    body: bytes = b""

    @property
    def ended(self):
        return self.began + self.seconds


def ask(port, method, path, headers=(), body=None):
    """One request on a connection of its own."""
    began = time.monotonic()
    status, retry_after, text = 0, None, b""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            text = answer.read()
            status, retry_after = answer.status, answer.headers["Retry-After"]
        except (OSError, http.client.HTTPException) as error:
            text = repr(error).encode()
    return Answer(method, began, time.monotonic() - began, status, retry_after, text)


class Traffic:
    """Each of `people` reads the profile and writes the bio, again and again until the block's end.

        with Traffic(site, people) as traffic:
            ...
        assert traffic.statuses() == {200}
        assert traffic.lost() == []

    The bio is a number that grows with each write, so that a lost one shows.
    """

    def __init__(self, site, people, *, pause=0.0):
        self.site, self.people, self.pause = site, people, pause
        self.answers = []
        self.written = {person.pk: 0 for person in people}  # the last one acknowledged
        self.tried = dict(self.written)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(one,)) for one in people]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, person):
        is_over = False
        while not is_over:
            self.answers.append(ask(self.site.port, "GET", "/api/profile", person.headers))
            self._write(person)
            is_over = self._stop.wait(self.pause)

    def _write(self, person):
        number = self.tried[person.pk] = self.tried[person.pk] + 1
        body = json.dumps({"bio": str(number)})
        answer = ask(self.site.port, "PATCH", "/api/profile", person.headers, body)
        self.answers.append(answer)
        if answer.status == 200:
            self.written[person.pk] = number

    def statuses(self, *, after=0.0, before=float("inf")):
        """How often each status came, for the requests begun in that time."""
        return Counter(a.status for a in self.answers if after <= a.began < before)

    def slowest(self, *, after=0.0):
        """The longest answer, in seconds."""
        return max(a.seconds for a in self.answers if a.began >= after)

    def summary(self):
        """How often each status came and how long the slowest answer took: text."""
        counts = (f"{count:,} x {status}" for status, count in sorted(self.statuses().items()))
        return f"{', '.join(counts)}; slowest {self.slowest():.1f} s"

    def lost(self):
        """Who finds less stored than what was acknowledged, or more than what was tried."""
        return [person.pk for person in self.people if not self._is_kept(person)]

    def _is_kept(self, person):
        answer = ask(self.site.port, "GET", "/api/profile", person.headers)
        stored = int(json.loads(answer.body)["bio"] or 0)
        return self.written[person.pk] <= stored <= self.tried[person.pk]
