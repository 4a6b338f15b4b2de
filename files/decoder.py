"""Scale one image down in a process with limits, which a hostile image cannot exceed.

    python decoder.py square|thumbnail SIDE < image > image.webp

The process limits its own memory and CPU time before it reads any input. The exit status tells
why it failed. It does not import Django, so that it starts quickly.
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

# Bytes; resident memory was measured at up to 2 MB more: below 200 MB.
MEMORY: Final = 195_000_000
# Seconds of CPU time; the largest allowed images take up to 1.3.
CPU_SECONDS: Final = 2
# Requests take priority.
NICENESS: Final = 5
# Bytes of the file, and pixels by format: a JPEG of a 108-megapixel phone, a PNG of a page scanned
# at 600 dpi.
MAX_BYTES: Final = 32_000_000
MAX_PIXELS: Final = {"jpeg": 120_000_000, "png": 40_000_000, "webp": 16_100_000}
# Each scan of a progressive JPEG costs as much as a whole baseline JPEG; cameras write up to 12.
MAX_SCANS: Final = 50
QUALITY: Final = 82

BROKEN: Final = 65
TOO_MANY_PIXELS: Final = 66
TOO_COSTLY: Final = 67

# The chunks that a PNG needs to be shown upright and in its colours; skips texts of any length and
# the further frames of an animation.
PNG_CHUNKS: Final = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"eXIf")
)
PNG_START: Final = b"\x89PNG\r\n\x1a\n"
JPEG_START: Final = b"\xff\xd8"
JPEG_END: Final = b"\xff\xd9"
SCAN: Final = 0xDA
# The markers between which a scan's data lies: no stuffed byte, restart or fill byte.
_marker: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


class RefusedError(Exception):
    """The image was refused; `args[0]` is the exit status."""


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
    """Return the image as WebP: upright, in sRGB, without metadata."""
    if len(data) > MAX_BYTES:
        raise RefusedError(TOO_COSTLY)
    return _shrink(preprocess(data), form, side)


def preprocess(data: bytes) -> bytes:
    """Return the data to decode. Raises RefusedError for what costs too much."""
    if data.startswith(PNG_START):
        return PNG_START + b"".join(
            chunk
            for name, chunk in iter_png_chunks(data)
            if name in PNG_CHUNKS and _has_valid_checksum(chunk)
        )
    if data.startswith(JPEG_START) and count_scans(data) > MAX_SCANS:
        raise RefusedError(TOO_COSTLY)
    if data[8:16] == b"WEBPVP8X" and _count_webp_pixels(data) > MAX_PIXELS["webp"]:
        raise RefusedError(TOO_MANY_PIXELS)  # before libwebp allocates the canvas
    return data


def _count_webp_pixels(data: bytes) -> int:
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    return width * height


def iter_png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, name = len(PNG_START), b""
    while at < len(data) and name != b"IEND":
        (size,) = struct.unpack(">I", data[at : at + 4].rjust(4, b"\0"))
        name = data[at + 4 : at + 8]
        yield name, data[at : at + 12 + size]
        at += 12 + size


def _has_valid_checksum(chunk: bytes) -> bool:
    """Check an ancillary chunk; critical chunks pass, as the decoder reports damage in them."""
    if chunk[4:5].isupper():
        return True
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def count_scans(data: bytes) -> int:
    """Count the scans of a JPEG; ignore another image after its end."""
    count, at = 0, len(JPEG_START)
    while found := _marker.search(data, at):
        kind = data[found.start() + 1]
        if found[0] == JPEG_END:
            break
        count += kind == SCAN
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return count


def _shrink(data: bytes, form: str, side: int) -> bytes:
    # Imported here, because other processes import this module for its limits.
    import pyvips

    pyvips.cache_set_max(0)  # else the image that is opened for its size stays in memory
    try:
        options = _choose_options(pyvips.Image.new_from_buffer(data, ""), side)
        # thumbnail_buffer would do all of this, but ignores `fail_on`.
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
    # libwebp reports a lack of memory as damage; but a complete file states its length.
    whole_webp = data[8:12] == b"WEBP" and len(data) - 8 >= int.from_bytes(data[4:8], "little")
    return TOO_COSTLY if whole_webp or "memory" in error.lower() else BROKEN


def _crop_square(image: Any) -> Any:
    side = min(image.width, image.height)
    return image.crop((image.width - side) // 2, (image.height - side) // 2, side, side)


SHAPES: Final[dict[str, Callable[[Any], Any]]] = {
    "square": _crop_square,
    "thumbnail": lambda image: image,
}
SIZES: Final = {"square": "both", "thumbnail": "down"}


def _choose_options(image: Any, side: int) -> dict[str, Any]:
    """Return options that load the image at the smallest sufficient size.

    Raises RefusedError for other formats and for too many pixels.
    """
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
