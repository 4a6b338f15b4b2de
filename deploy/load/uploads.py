"""The files that people upload: notes and pictures in turn."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from PIL import Image


@dataclass(frozen=True)
class Upload:
    name: str
    kind: str
    content: bytes


def uploads(person: int) -> Iterator[Upload]:
    """One after the other, no two of a name."""
    for number in itertools.count():
        words = f"Person {person} noted this, for the {number}. time.\n".encode()
        yield Upload(f"notes-{number}.txt", "text/plain", words * 400)
        yield Upload(f"picture-{number}.jpg", "image/jpeg", picture())


@cache
def picture() -> bytes:
    """As large as a phone's, made small for mailing."""
    stream = io.BytesIO()
    Image.radial_gradient("L").resize((1600, 1200)).convert("RGB").save(stream, "JPEG")
    return stream.getvalue()
