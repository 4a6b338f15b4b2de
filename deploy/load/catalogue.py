"""The test site's experts, enough for ten pages."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Final

COUNT: Final = 240
TOPICS: Final = (
    *("Accounting", "Branding", "Contracts", "Energy", "Hiring", "Insurance"),
    *("Logistics", "Mergers", "Patents", "Pricing", "Procurement", "Security"),
)
FIELDS: Final = ("in small companies", "in large companies", "abroad", "under pressure")


def write(path: Path) -> None:
    pairs = itertools.cycle(itertools.product(TOPICS, FIELDS))
    experts = [
        build_expert(number, *pair) for number, pair in zip(range(COUNT), pairs, strict=False)
    ]
    path.write_text(json.dumps(experts))


def build_expert(number: int, topic: str, field: str) -> dict[str, str]:
    return {
        "slug": f"expert-{number}",
        "name": f"{topic} {number}",
        "description": f"Knows what {topic.lower()} costs {field}, and what goes wrong.",
        "prompt": f"You advise a company's leadership on {topic.lower()} {field}. " * 20,
    }
