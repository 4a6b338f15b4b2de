"""Recognise the encoding of a text that is not UTF-8, to explain how to fix it."""

from __future__ import annotations

import codecs
import re
from typing import Final

from django.core.files.base import File

NOT_UTF_8: Final = "This text isn't saved as UTF-8."
ENCODED: Final = "This text is saved as %s."
SAVE: Final = " Save it as UTF-8, then upload it again."

# UTF-32 first: its byte order mark starts with that of UTF-16.
MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
SAMPLE_BYTES: Final = 4096

_controls: Final = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_high: Final = re.compile(rb"[\x80-\xff]")
# Western texts decoded as Shift-JIS contain at most single ideographs.
_japanese: Final = re.compile("[\u3040-\u30ff]|[\u4e00-\u9fff]{2}")


def explain_encoding(content: File[bytes]) -> str:
    content.seek(0)
    start = content.read(SAMPLE_BYTES)
    name = next((name for mark, name in MARKS if start.startswith(mark)), "")
    if name or _is_utf_16(start):
        return ENCODED % (name or "UTF-16") + SAVE
    sample = _read_sample(content)
    if not sample or _try_decode(sample, "utf-8"):
        return ""
    if name := _guess_encoding(sample):
        return ENCODED % name + SAVE
    return NOT_UTF_8 + SAVE if re.search(rb"\s", sample) else ""


def _is_utf_16(start: bytes) -> bool:
    if len(start) % 2 or b"\0" not in start:
        return False
    encoding = "utf-16-be" if 0 in start[::2] else "utf-16-le"
    text = _try_decode(start, encoding)
    return bool(text) and all(char.isprintable() or char.isspace() for char in text)


def _read_sample(content: File[bytes]) -> bytes:
    first, position = None, 0
    for chunk in content.chunks():
        if _controls.search(chunk):
            return b""
        if first is None and (match := _high.search(chunk)):
            first = position + match.start()
        position += len(chunk)
    if first is None:
        return b""
    content.seek(max(first - 64, 0))
    sample: bytes = content.read(SAMPLE_BYTES)
    return sample


def _guess_encoding(sample: bytes) -> str:
    if _japanese.search(_try_decode(sample, "cp932")):
        return "Shift-JIS"
    # Other alphabets, such as Cyrillic in Windows-1251, have more of these bytes.
    if _try_decode(sample, "cp1252") and len(_high.findall(sample)) <= len(sample) / 2:
        return "Windows-1252"
    return ""


def _try_decode(sample: bytes, encoding: str) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return ""
