"""Makes one picture smaller, in a process of its own that a hostile picture cannot make grow.

    python decoder.py square|thumbnail SIDE < picture > picture.webp

The process limits its own memory and processor time before it reads a byte. Its exit status says
why there is no result. It knows nothing of Django, so that it starts quickly.
"""

from __future__ import annotations

import os
import re
import resource
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

# Resident memory was measured as up to 2 MB more than this: below 200 MB.
MEMORY: Final = 195_000_000
# Seconds of the processor; the largest pictures below take up to 1.3.
CPU_SECONDS: Final = 2
# Whoever is waiting for a page comes first.
NICENESS: Final = 5
# The most bytes of a picture, and pixels by its format: a JPEG from a telephone's 108 megapixels,
# a PNG of a page scanned at 600 dots per inch.
MAX_BYTES: Final = 32_000_000
MAX_PIXELS: Final = {"jpeg": 120_000_000, "png": 40_000_000, "webp": 16_100_000}
# Each scan of a progressive JPEG costs as much as all of a plain one; cameras write up to 12.
MAX_SCANS: Final = 50
QUALITY: Final = 82

BROKEN: Final = 65
TOO_MANY_PIXELS: Final = 66
TOO_COSTLY: Final = 67

# What a PNG needs to be shown upright and in its colours. Texts of any length are passed over, as
# are the other pictures of an animation.
PNG_CHUNKS: Final = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"eXIf")
)
PNG_START: Final = b"\x89PNG\r\n\x1a\n"
JPEG_START: Final = b"\xff\xd8"
JPEG_END: Final = b"\xff\xd9"
SCAN: Final = 0xDA
# The markers between which a scan's data lies: no stuffed byte, no restart, no filling.
_marker: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


class RefusedError(Exception):
    """There is no result; `args[0]` is the exit status that says why."""


def main() -> int:
    form, side = sys.argv[1], int(sys.argv[2])
    limit_resources()
    try:
        sys.stdout.buffer.write(shrink(sys.stdin.buffer.read(MAX_BYTES + 1), form, side))
    except RefusedError as refusal:
        return int(refusal.args[0])
    except MemoryError:
        return TOO_COSTLY
    return 0


def limit_resources() -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def shrink(data: bytes, form: str, side: int) -> bytes:
    """The picture as WebP: upright, in the colours of screens, and nothing but its pixels."""
    if len(data) > MAX_BYTES:
        raise RefusedError(TOO_COSTLY)
    return _shrink(preprocess(data), form, side)


def preprocess(data: bytes) -> bytes:
    """What is to be decoded of the file."""
    if data.startswith(PNG_START):
        return PNG_START + b"".join(
            chunk
            for name, chunk in iter_png_chunks(data)
            if name in PNG_CHUNKS and _has_valid_checksum(chunk)
        )
    if data.startswith(JPEG_START) and count_scans(data) > MAX_SCANS:
        raise RefusedError(TOO_COSTLY)
    if data[8:16] == b"WEBPVP8X" and _count_webp_pixels(data) > MAX_PIXELS["webp"]:
        raise RefusedError(TOO_MANY_PIXELS)  # before libwebp makes room for it
    return data


def _count_webp_pixels(data: bytes) -> int:
    """The pixels that an extended WebP announces."""
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    return width * height


def iter_png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The name of each chunk, and the chunk with its length and checksum, up to the end mark."""
    at, name = len(PNG_START), b""
    while at < len(data) and name != b"IEND":
        (size,) = struct.unpack(">I", data[at : at + 4].rjust(4, b"\0"))
        name = data[at + 4 : at + 8]
        yield name, data[at : at + 12 + size]
        at += 12 + size


def _has_valid_checksum(chunk: bytes) -> bool:
    """Whether the checksum holds. Only what the picture can do without is left out silently."""
    if chunk[4:5].isupper():
        return True
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def count_scans(data: bytes) -> int:
    """How many scans a JPEG has. A second picture behind its end does not count."""
    count, at = 0, len(JPEG_START)
    while found := _marker.search(data, at):
        kind = data[found.start() + 1]
        if found[0] == JPEG_END:
            break
        count += kind == SCAN
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return count


def _shrink(data: bytes, form: str, side: int) -> bytes:
    # Only this process loads it, not those that want to know the limits.
    import pyvips

    pyvips.cache_set_max(0)  # the image that only tells its size would keep its room
    try:
        options = _choose_options(pyvips.Image.new_from_buffer(data, ""), side)
        # thumbnail_buffer would do all of it, but passes over what `fail_on` is to find.
        whole = pyvips.Image.new_from_buffer(
            data, "", access="sequential", fail_on="truncated", **options
        )
        image = SHAPES[form](whole).thumbnail_image(
            side, height=side, size=SIZES[form], output_profile="srgb"
        )
        saved: bytes = image.webpsave_buffer(Q=QUALITY, keep="none")
    except pyvips.Error as error:
        raise RefusedError(_choose_exit_status(data, str(error))) from error
    return saved


def _choose_exit_status(data: bytes, error: str) -> int:
    # libwebp does not tell want of memory from damage, but a whole file states its own length.
    whole_webp = data[8:12] == b"WEBP" and len(data) - 8 >= int.from_bytes(data[4:8], "little")
    return TOO_COSTLY if whole_webp or "memory" in error.lower() else BROKEN


def _crop_square(image: Any) -> Any:
    """The square in the middle, which is the same whichever way up."""
    side = min(image.width, image.height)
    return image.crop((image.width - side) // 2, (image.height - side) // 2, side, side)


SHAPES: Final[dict[str, Callable[[Any], Any]]] = {
    "square": _crop_square,
    "thumbnail": lambda image: image,
}
SIZES: Final = {"square": "both", "thumbnail": "down"}


def _choose_options(image: Any, side: int) -> dict[str, Any]:
    """How to load the image no larger than needed. Refuses what its header announces."""
    kind = str(image.get("vips-loader")).removesuffix("_buffer").removesuffix("load")
    if kind not in MAX_PIXELS:
        raise RefusedError(BROKEN)
    if image.width * image.height > MAX_PIXELS[kind]:
        raise RefusedError(TOO_MANY_PIXELS)
    least = min(image.width, image.height) / (2 * side)
    if kind == "jpeg":
        return {"shrink": next((n for n in (8, 4, 2) if n <= least), 1)}
    return {"scale": min(1, 1 / least)} if kind == "webp" else {}


if __name__ == "__main__":
    sys.exit(main())
