"""Images that people send, re-encoded as WebP without metadata, by `files.decoder`."""

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

# Images decoded at once by a process of the site, and requests that wait for that. Both together
# leave half of its threads to everybody else.
MAX_DECODERS: Final = 2
MAX_WAITING: Final = 6
# Seconds that a request waits for its turn, and then for the decoder, whose processor time is
# limited, but not what other processes leave of it.
WAIT_SECONDS: Final = 5
DECODER_SECONDS: Final = 15

NOT_AN_IMAGE: Final = "This file isn't an image that is supported: choose a JPEG, PNG or WebP."
BROKEN: Final = "This image is damaged or incomplete."
TOO_MANY_PIXELS: Final = "This image has too many pixels: make it smaller first."
TOO_COSTLY: Final = "This image takes too much to open: save it as a plain JPEG first, or smaller."
BUSY: Final = "Too many images are being opened just now: try again in a moment."

STARTS: Final = (decoder.JPEG_START + b"\xff", decoder.PNG_START)
REASONS: Final = {
    decoder.BROKEN: BROKEN,
    decoder.TOO_MANY_PIXELS: TOO_MANY_PIXELS,
    decoder.TOO_COSTLY: TOO_COSTLY,
    -signal.SIGXCPU: TOO_COSTLY,
    -signal.SIGABRT: TOO_COSTLY,  # what libraries do where they get no memory
    -signal.SIGTRAP: TOO_COSTLY,
    -signal.SIGSEGV: BROKEN,
    -signal.SIGBUS: BROKEN,
}
# One thread; nothing on the disk, whatever a picture takes; no warnings.
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
    """The image may be whole, but opening it costs more than the site spends on one."""


class BusyError(StorageError):
    """No decoder is free, or the decoder failed."""

    def __init__(self, message: str = BUSY) -> None:
        super().__init__(message)


def make_square(content: File[bytes], *, side: int) -> bytes:
    """A WebP image of `side` by `side` pixels: the middle of what is sent.

    Raises ValidationError for what is no image or is damaged, TooCostlyError for what is too large
    or takes too much, BusyError where too many are being opened.
    """
    return _encode("square", content, side)


def make_thumbnail(content: File[bytes], *, side: int) -> bytes:
    """A WebP image of at most `side` by `side` pixels, in the proportions of what is sent.

    Raises the same.
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
        done = _run_decoder(form, content.read(), side)
        content.seek(0)
    if done.returncode == 0:
        return done.stdout
    raise _make_error(done)


@contextmanager
def _decoder_slot() -> Iterator[None]:
    """Wait until fewer are decoded. Raises BusyError if that takes long, or too many wait."""
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
        return subprocess.run(  # noqa: S603  the program is ours, and the picture is no argument
            [sys.executable, "-I", decoder.__file__, form, str(side)],
            input=data,
            capture_output=True,
            timeout=DECODER_SECONDS,
            env=ENVIRONMENT,
            start_new_session=True,  # a Ctrl-C in the terminal is not for it
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.warning("an image could not be opened: %s", error)
        raise BusyError from error


def _make_error(done: subprocess.CompletedProcess[bytes]) -> ValidationError | BusyError:
    if reason := REASONS.get(done.returncode):
        return ValidationError(reason) if reason == BROKEN else TooCostlyError(reason)
    logger.error("the decoder ended with %d: %r", done.returncode, done.stderr[-1000:])
    return BusyError()
