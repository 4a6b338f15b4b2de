"""Re-encode images as WebP without metadata, in a process of `files.decoder`."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from django.core.exceptions import ValidationError
from django.core.files.base import File

from files import decoder
from files.objects import StorageError
from files.unsupported import explain_unsupported

# Images that one worker decodes at once, and requests that wait for it. Together they use half of
# the worker's threads.
MAX_DECODERS: Final = 2
MAX_WAITING: Final = 6
# Seconds that a request waits for a decoder to be free, and then for its result: the CPU time is
# limited, but other processes may delay it.
WAIT_SECONDS: Final = 5
DECODER_SECONDS: Final = 15

NOT_AN_IMAGE: Final = "This file isn't a supported image. Choose a JPEG, PNG or WebP."
BROKEN: Final = "This image is damaged or incomplete."
TOO_MANY_PIXELS: Final = "This image has too many pixels. Make it smaller, then try again."
TOO_COSTLY: Final = "This image is too complex to open. Make it smaller or save it as a plain JPEG."
BUSY: Final = "Too many images are being processed right now. Try again in a moment."

STARTS: Final = (decoder.JPEG_START + b"\xff", decoder.PNG_START)
REASONS: Final = {
    decoder.BROKEN: BROKEN,
    decoder.TOO_MANY_PIXELS: TOO_MANY_PIXELS,
    decoder.TOO_COSTLY: TOO_COSTLY,
    -signal.SIGXCPU: TOO_COSTLY,
    -signal.SIGABRT: TOO_COSTLY,  # how libraries fail without memory
    -signal.SIGTRAP: TOO_COSTLY,
    -signal.SIGSEGV: BROKEN,
    -signal.SIGBUS: BROKEN,
}
# One thread, no temporary files, no warnings.
ENVIRONMENT: Final = {
    "VIPS_CONCURRENCY": "1",
    "VIPS_DISC_THRESHOLD": "1g",
    "VIPS_BLOCK_UNTRUSTED": "1",
    "VIPS_WARNING": "0",
}

_queue_slots = BoundedSemaphore(MAX_DECODERS + MAX_WAITING)
_decoder_slots = BoundedSemaphore(MAX_DECODERS)

logger = logging.getLogger(__name__)


class TooCostlyError(ValidationError):
    """The image may be valid, but decoding it exceeds the limits."""


class BusyError(StorageError):
    """All decoders are busy, or the decoder failed."""

    def __init__(self, message: str = BUSY) -> None:
        super().__init__(message)


def make_square(content: File[bytes], *, side: int) -> bytes:
    """Return the middle of the image as WebP of `side` by `side` pixels.

    Raises ValidationError for invalid images, TooCostlyError for those beyond the limits, and
    BusyError if no decoder is free in time.
    """
    return _encode("square", content, side)


def make_thumbnail(content: File[bytes], *, side: int) -> bytes:
    """Return the image as WebP of at most `side` by `side` pixels, with its proportions.

    Raises the same errors as `make_square`.
    """
    return _encode("thumbnail", content, side)


def _encode(form: str, content: File[bytes], side: int) -> bytes:
    content.seek(0)
    start = content.read(16)
    if not (start.startswith(STARTS) or (start[:4], start[8:12]) == (b"RIFF", b"WEBP")):
        raise ValidationError(explain_unsupported(start) or NOT_AN_IMAGE)
    if (content.size or 0) > decoder.MAX_BYTES:
        raise TooCostlyError(TOO_COSTLY)
    with _decoder_slot():
        content.seek(0)
        result = _run_decoder(form, content.read(), side)
        content.seek(0)
    if result.returncode == 0:
        return result.stdout
    raise _make_error(result)


@contextmanager
def _decoder_slot() -> Iterator[None]:
    """Wait for a free decoder. Raises BusyError after WAIT_SECONDS, or if too many wait."""
    if not _queue_slots.acquire(blocking=False):
        raise BusyError
    try:
        if not _decoder_slots.acquire(timeout=WAIT_SECONDS):
            raise BusyError
        try:
            yield
        finally:
            _decoder_slots.release()
    finally:
        _queue_slots.release()


def _run_decoder(form: str, data: bytes, side: int) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  our own program, and the image is not an argument
            [sys.executable, "-I", decoder.__file__, form, str(side)],
            input=data,
            capture_output=True,
            timeout=DECODER_SECONDS,
            env=ENVIRONMENT,
            start_new_session=True,  # not stopped by Ctrl-C in the terminal
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.warning("could not run the image decoder: %s", error)
        raise BusyError from error


def _make_error(result: subprocess.CompletedProcess[bytes]) -> ValidationError | BusyError:
    if reason := REASONS.get(result.returncode):
        return ValidationError(reason) if reason == BROKEN else TooCostlyError(reason)
    logger.error("the image decoder exited with %d: %r", result.returncode, result.stderr[-1000:])
    return BusyError()
