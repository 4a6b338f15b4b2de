"""Divide the times of rules and of Prometheus's configuration, to see an alert within seconds."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

FACTOR: Final = 60
UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Seconds. A scrape of what does not answer takes up to 1 s; a rate and a `for` need several
# scrapes; alerts that belong together need time to arrive.
SHORTEST: Final = {
    "range": 6,
    "for": 3,
    "group_wait": 6,
    "scrape_interval": 2,
    "scrape_timeout": 2,
}

DURATION: Final = re.compile(
    r"(?P<before>\[|\b(?P<key>for|keep_firing_for|\w+_wait|\w+_interval|scrape_timeout): )"
    r"(?P<number>\d+)(?P<unit>[smhd])\b"
)


def shorten(text: str) -> str:
    """Return the text with each `for`, interval and range divided by FACTOR, in whole seconds."""
    return DURATION.sub(_shorten_one, text)


def _shorten_one(match: re.Match[str]) -> str:
    seconds = int(match["number"]) * UNITS[match["unit"]] // FACTOR
    return f"{match['before']}{max(seconds, SHORTEST.get(match['key'] or 'range', 1))}s"


if __name__ == "__main__":
    sys.stdout.write(shorten(Path(sys.argv[1]).read_text()))
