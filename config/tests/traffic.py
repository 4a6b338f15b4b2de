"""Users' requests during a fault, and their responses."""

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
class Response:
    """A request begun at `began` (time.monotonic); status 0 without a response."""

    method: str
    began: float
    seconds: float
    status: int
    retry_after: str | None = None
    body: bytes = b""

    @property
    def ended(self):
        return self.began + self.seconds


def send_request(port, method, path, headers=(), body=None):
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
    return Response(method, began, time.monotonic() - began, status, retry_after, text)


class Traffic:
    """Users who read the profile and write the bio repeatedly until the end of the block.

        with Traffic(site, people) as traffic:
            ...
        assert traffic.count_statuses() == {200}
        assert traffic.list_lost() == []

    The bio is a number that increases with each write, so that a lost write is visible.
    """

    # The pause leaves processor time to what a test measures and to the tests beside it.
    def __init__(self, site, people, *, pause=0.1):
        self.site, self.people, self.pause = site, people, pause
        self.answers = []
        self.written = {person.pk: 0 for person in people}  # the last successful write
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
            self.answers.append(send_request(self.site.port, "GET", "/api/profile", person.headers))
            self._write(person)
            is_over = self._stop.wait(self.pause)

    def _write(self, person):
        number = self.tried[person.pk] = self.tried[person.pk] + 1
        body = json.dumps({"bio": str(number)})
        answer = send_request(self.site.port, "PATCH", "/api/profile", person.headers, body)
        self.answers.append(answer)
        if answer.status == 200:
            self.written[person.pk] = number

    def count_statuses(self, *, after=0.0, before=float("inf")):
        return Counter(a.status for a in self.answers if after <= a.began < before)

    def get_slowest(self, *, after=0.0):
        return max(a.seconds for a in self.answers if a.began >= after)

    def summarize(self):
        counts = (
            f"{count:,} x {status}" for status, count in sorted(self.count_statuses().items())
        )
        return f"{', '.join(counts)}; slowest {self.get_slowest():.1f} s"

    def list_lost(self):
        """Return the users whose stored number is less than acknowledged or more than attempted."""
        return [person.pk for person in self.people if not self._is_stored(person)]

    def _is_stored(self, person):
        answer = send_request(self.site.port, "GET", "/api/profile", person.headers)
        stored = int(json.loads(answer.body)["bio"] or 0)
        return self.written[person.pk] <= stored <= self.tried[person.pk]
