"""What a file is, by its content: neither its name nor its sender is believed."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File

MAX_LABEL: Final = 255


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of file, and how its names end: the first is the one that we give."""

    name: str
    content_type: str
    extensions: tuple[str, ...]
    magic: bytes = rb"(?!)"

    @property
    def extension(self) -> str:
        return self.extensions[0]

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")

    @property
    def is_text(self) -> bool:
        return self.content_type.startswith("text/")


KINDS: Final = (
    Kind(
        name="jpeg",
        content_type="image/jpeg",
        extensions=("jpg", "jpeg", "jpe", "jfif"),
        magic=rb"\xff\xd8\xff",
    ),
    Kind(
        name="png",
        content_type="image/png",
        extensions=("png",),
        magic=rb"\x89PNG\r\n\x1a\n",
    ),
    Kind(
        name="webp",
        content_type="image/webp",
        extensions=("webp",),
        magic=rb"RIFF....WEBP",
    ),
    Kind(
        name="pdf",
        content_type="application/pdf",
        extensions=("pdf",),
        magic=rb"%PDF-[12]\.",
    ),
    Kind(name="txt", content_type="text/plain", extensions=("txt", "text")),
    Kind(name="csv", content_type="text/csv", extensions=("csv",)),
    Kind(name="md", content_type="text/markdown", extensions=("md", "markdown")),
)
UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

NOT_UTF_8: Final = "This text is encoded in another way than UTF-8: save it as UTF-8 first."

# What no text has: control characters, but for tabs, ends of lines, ends of pages.
_controls = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
# What a name must not have: it would show another name than it is, or break the line.
_misleading = re.compile("[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def recognised(content: File[bytes], name: str) -> Kind:
    """What kind the content is; of texts, the kind that the name says, as no content can.

    Raises ValidationError for what is not to be uploaded here.
    """
    content.seek(0)
    start = content.read(16)
    for kind in KINDS:
        if re.match(kind.magic, start, re.DOTALL):
            return _taken([kind])
    if start.startswith(UTF_16):
        raise ValidationError(NOT_UTF_8)
    if not _is_text(content):
        raise ValidationError(f"This kind of file is not taken: {_choice()}.")
    return _taken(_texts(name))


def label(name: str, kind: Kind) -> str:
    """The name to show and to save as: one line, without folders, with an ending of its kind."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = " ".join(_misleading.sub("", _printable(name)).split()).strip(". ")
    if _extension(name) in kind.extensions:
        stem, ending = name[: name.rindex(".")], name[name.rindex(".") :]
    else:
        stem, ending = name, f".{kind.extension}"
    if stem.lower() == kind.extension:  # of ".png" nothing but the ending is left
        stem = ""
    return (stem.rstrip(". ") or "file")[: MAX_LABEL - len(ending)] + ending


def _taken(kinds: list[Kind]) -> Kind:
    """The first of the kinds that this site takes."""
    for kind in kinds:
        if kind.name in settings.FILE_TYPES:
            return kind
    raise ValidationError(f"A {kinds[0].name.upper()} file is not taken: {_choice()}.")


def _choice() -> str:
    return f"choose one of these: {', '.join(settings.FILE_TYPES)}"


def _texts(name: str) -> list[Kind]:
    """The kinds of text, that which the name says first."""
    texts = (kind for kind in KINDS if kind.is_text)
    return sorted(texts, key=lambda kind: _extension(name) not in kind.extensions)


def _is_text(content: File[bytes]) -> bool:
    try:
        return not any(_controls.search(text) for text in _decoded(content))
    except UnicodeDecodeError:
        return False


def _decoded(content: File[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in content.chunks():
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _printable(name: str) -> str:
    """The name with a space for each control character and each half of a surrogate pair."""
    return "".join(" " if unicodedata.category(one) in ("Cc", "Cs") else one for one in name)


def _extension(name: str) -> str:
    return PurePath(name).suffix.removeprefix(".").lower()
