"""A look at one part of the site, which can neither hang nor stop the others."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db import connections

from config.database.errors import explain
from config.lib.logs import escape, mask_secrets

# Seconds for one look; each waits for less by itself, in all but unforeseen cases.
TIME_LIMIT: Final = 30.0
LATE_STEP: Final = "Look at what this part depends on, then run `manage.py doctor` again."
FAILED_STEP: Final = "Mend the cause that the message names, then run `manage.py doctor` again."


@dataclass(frozen=True)
class Problem:
    """What is wrong, and the next step: what to type, where there is something to type."""

    message: str
    step: str


@dataclass(frozen=True)
class Probe:
    """`find` yields the problems of one part; an exception is a problem as well."""

    name: str
    find: Callable[[], Iterable[Problem]]


@dataclass(frozen=True)
class Result:
    name: str
    seconds: float
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        problems = [vars(problem) for problem in self.problems]
        seconds = round(self.seconds, 3)
        return {"name": self.name, "ok": not problems, "seconds": seconds, "problems": problems}


def run(probe: Probe, limit: float = TIME_LIMIT) -> Result:
    """Look, in a thread of its own; after `limit` seconds leave the thread to itself."""
    found: list[Problem] = []
    thread = threading.Thread(target=_look, args=(probe, found), daemon=True)
    began = time.monotonic()
    thread.start()
    thread.join(limit)
    problems = list(found)
    if thread.is_alive():
        problems.append(Problem(f"no answer within {limit:g} s", LATE_STEP))
    return Result(probe.name, time.monotonic() - began, tuple(map(_clean, problems)))


def parse_version(text: str) -> tuple[int, ...]:
    """Return the leading numbers, as in (2, 6, 12) of "2.6.12-1+deb12u4"."""
    match = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, match[0].split("."))) if match else (0,)


def _look(probe: Probe, found: list[Problem]) -> None:
    try:
        found.extend(probe.find())
    except Exception as error:
        reason = explain(error) or type(error).__name__
        found.append(Problem(reason, FAILED_STEP))
    finally:
        connections.close_all()


def _clean(problem: Problem) -> Problem:
    """Return the problem without secrets and on one line: servers send any text."""
    message, step = (
        escape(mask_secrets(" ".join(text.split()))) for text in (problem.message, problem.step)
    )
    return Problem(message, step)
