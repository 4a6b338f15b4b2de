"""Count what only log files tell: connections by cause, and HAProxy's refusals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from config.observe.catalogue import Reading
from config.observe.log_tail import LogTail

LINE: Final = re.compile(
    r" (?P<side>[SC])-0x[0-9a-f]+: \S.*?@\S+ "
    r"(?:(?P<opened>new connection to server|login attempt: )|closing because: (?P<reason>.*))"
)
SIDES: Final = {"S": "server", "C": "client"}
# Parts of PgBouncer's reasons, of 1.18 to 1.25. The first match wins.
CAUSES: Final = {
    "S": (
        ("server idle timeout", "idle_timeout"),
        ("server lifetime over", "lifetime"),
        ("too many servers in the pool", "pool_size"),
        ("database configuration changed", "reconnect"),
        ("connect string changed", "reconnect"),
        ("obsolete connection", "reconnect"),
        ("close_needed", "reconnect"),
        ("pause mode", "pause"),
        ("connect timeout", "connect_timeout"),
        ("query timeout", "query_timeout"),
        ("idle transaction timeout", "idle_transaction_timeout"),
        ("client disconnect", "client_left"),
        ("login failed", "login_failed"),
        ("exec_on_connect query failed", "login_failed"),
        ("connect failed", "connect_failed"),
        ("cannot connect", "connect_failed"),
        ("server DNS lookup failed", "connect_failed"),
        ("server conn crashed", "server_lost"),
        ("unexpected eof", "server_lost"),
        ("shutting down", "shutdown"),
    ),
    "C": (
        ("client close request", "client_closed"),
        ("close req", "client_closed"),
        ("unexpected eof", "client_lost"),
        ("query_wait_timeout", "query_wait"),
        ("max_client_conn", "client_limit"),
        ("client connections exceeded", "client_limit"),
        ("server login has been failing", "server_unreachable"),
        ("client_login_timeout", "login_failed"),
        ("authentication failed", "login_failed"),
        ("no such user", "login_failed"),
        ("login rejected", "login_failed"),
        ("query timeout", "query_timeout"),
        ("query_timeout", "query_timeout"),
        ("idle transaction timeout", "idle_transaction_timeout"),
        ("server conn crashed", "server_lost"),
        ("shutting down", "shutdown"),
        ("admin forced disconnect", "shutdown"),
    ),
}
# HAProxy's termination states: the queue's timeout, no connection to a server.
REFUSALS: Final = {"sQ": "queue", "SC": "no_process"}
TERMINATION: Final = re.compile(r"(?<!\S)503 (sQ|SC)\S{2}(?!\S)")


class PgBouncerLog:
    """Counts a pool's connections by cause, from now on."""

    def __init__(self, pool: str, path: Path) -> None:
        self.pool, self.tail = pool, LogTail(path)
        self.opened = Counter[str]({"S": 0, "C": 0})
        self.closed = Counter[tuple[str, str]]()
        for side, causes in CAUSES.items():
            self.closed.update({(side, cause): 0 for _, cause in causes} | {(side, "other"): 0})

    def poll(self) -> None:
        for line in self.tail.read_lines():
            if found := LINE.search(line):
                self._count(found)

    def read(self) -> Iterator[Reading]:
        for side, count in self.opened.items():
            name = f"ai4ceo_{SIDES[side]}_connections_opened_total"
            yield Reading(name, (self.pool,), count)
        for (side, cause), count in self.closed.items():
            name = f"ai4ceo_{SIDES[side]}_connections_closed_total"
            yield Reading(name, (self.pool, cause), count)

    def _count(self, found: re.Match[str]) -> None:
        side = found["side"]
        if found["opened"]:
            self.opened[side] += 1
        else:
            self.closed[side, find_cause(side, found["reason"])] += 1


def find_cause(side: str, reason: str) -> str:
    return next((cause for words, cause in CAUSES[side] if words in reason), "other")


class HAProxyLog:
    """Reports the reason of each request that HAProxy refuses, from now on."""

    def __init__(self, path: Path, report: Callable[[str], None]) -> None:
        self.tail, self.report = LogTail(path), report

    def poll(self) -> None:
        for line in self.tail.read_lines():
            if found := TERMINATION.search(line):
                self.report(REFUSALS[found[1]])
