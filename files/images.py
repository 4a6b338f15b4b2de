"""Images that people send: recognised by their content, re-encoded as WebP without metadata."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.files.base import File
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

# The most pixels of an image, by format. Each takes about 250 MB to be made smaller, as 3, 10 and
# 16 bytes for a pixel were measured, and a JPEG of a telephone's largest camera still fits.
MAX_PIXELS: Final = {"JPEG": 80_000_000, "PNG": 25_000_000, "WEBP": 16_000_000}
# Images decoded at once in a process.
DECODED_AT_ONCE: Final = 2
# Modes that can be made smaller as they are; the others become one of these before.
RESIZABLE: Final = ("L", "LA", "RGB", "RGBA", "CMYK")
QUALITY: Final = 82

NO_IMAGE: Final = "This is no JPEG, PNG or WebP image."
BROKEN: Final = "This image is damaged or incomplete."
TOO_LARGE: Final = "This image has too many pixels: make it smaller first."

Shrink = Callable[[Image.Image], Image.Image]

_turns = BoundedSemaphore(DECODED_AT_ONCE)
# For the whole process, as a filter for one block alone would reach other threads too.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def square(content: File[bytes], *, side: int) -> bytes:
    """A WebP image of `side` by `side` pixels: the middle of what is sent.

    Raises ValidationError for what is no image, is damaged, or has too many pixels.
    """
    return _encoded(content, side, lambda image: ImageOps.fit(image, (side, side)))


def thumbnail(content: File[bytes], *, side: int) -> bytes:
    """A WebP image of at most `side` by `side` pixels, in the proportions of what is sent.

    Raises ValidationError for what is no image, is damaged, or has too many pixels.
    """

    def shrink(image: Image.Image) -> Image.Image:
        image.thumbnail((side, side))
        return image

    return _encoded(content, side, shrink)


def _encoded(content: File[bytes], side: int, shrink: Shrink) -> bytes:
    """The image, made smaller, upright, in the colours of screens, and nothing but its pixels."""
    with _turns, _refusing():
        small = shrink(_decoded(content, side))
        upright = ImageOps.exif_transpose(small)
        return _webp(_in_screen_colours(upright))


@contextmanager
def _refusing() -> Iterator[None]:
    """Say what is wrong with the image, in words for the person who sent it."""
    try:
        yield
    except ValidationError:
        raise
    except UnidentifiedImageError:
        raise ValidationError(NO_IMAGE) from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
        raise ValidationError(TOO_LARGE) from None
    except Exception as error:  # whatever else Pillow's parsers stumble over
        raise ValidationError(BROKEN) from error


def _decoded(content: File[bytes], side: int) -> Image.Image:
    """All pixels; of a JPEG, as few as do for `side`. The first picture of an animation."""
    with _opened(content) as image:
        image.verify()
    image = _opened(content)
    image.draft(None, (2 * side, 2 * side))
    image.load()
    content.seek(0)
    return image if image.mode in RESIZABLE else _resizable(image)


def _opened(content: File[bytes]) -> Image.Image:
    """The image, of which only the header has been read; refused if that announces too much."""
    content.seek(0)
    image = Image.open(content, formats=tuple(MAX_PIXELS))
    if image.width * image.height > MAX_PIXELS[str(image.format)]:
        raise ValidationError(TOO_LARGE)
    return image


def _resizable(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Sixteen bits of grey, which a plain conversion would cut off at the lowest eight.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _in_screen_colours(image: Image.Image) -> Image.Image:
    """The image in sRGB, as far as its colour profile is one that can be read."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if profile := image.info.get("icc_profile"):
        try:
            return _converted(image, profile, mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert(mode)


def _converted(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    source: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    screen: Any = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, source, screen, outputMode=mode)
    return converted or image.convert(mode)


def _webp(image: Image.Image) -> bytes:
    image.info.clear()
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=QUALITY)
    return stream.getvalue()
