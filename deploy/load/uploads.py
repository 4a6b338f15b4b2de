"""The files that users upload: notes and images in turn."""

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


def generate_uploads(user: int) -> Iterator[Upload]:
    for number in itertools.count():
        words = f"User {user} noted this, for the {number}. time.\n".encode()
        yield Upload(f"notes-{number}.txt", "text/plain", words * 400)
        yield Upload(f"image-{number}.jpg", "image/jpeg", build_image())


@cache
def build_image() -> bytes:
    """Return an image of a phone's size, reduced for mail."""
    stream = io.BytesIO()
    Image.radial_gradient("L").resize((1600, 1200)).convert("RGB").save(stream, "JPEG")
    return stream.getvalue()
