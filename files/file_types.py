"""Detect file types by content: names and declared types are not trusted."""

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

from config.lib.text import to_plain_line
from files import encodings
from files.unsupported import SUGGESTED_KINDS, explain_unsupported

MAX_NAME_LENGTH: Final = 255


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A file type.

    `name` is used in settings, `label` on pages; the first extension is the default.
    """

    name: str
    label: str
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
        label="JPEG",
        content_type="image/jpeg",
        extensions=("jpg", "jpeg", "jpe", "jfif"),
        magic=rb"\xff\xd8\xff",
    ),
    Kind(
        name="png",
        label="PNG",
        content_type="image/png",
        extensions=("png",),
        magic=rb"\x89PNG\r\n\x1a\n",
    ),
    Kind(
        name="webp",
        label="WebP",
        content_type="image/webp",
        extensions=("webp",),
        magic=rb"RIFF....WEBP",
    ),
    Kind(
        name="pdf",
        label="PDF",
        content_type="application/pdf",
        extensions=("pdf",),
        # PDF readers accept it within the first 1024 bytes, after whitespace and a byte order mark.
        magic=rb"(?:\xef\xbb\xbf)?\s{0,1000}%PDF-[12]\.\d",
    ),
    Kind(name="txt", label="plain text", content_type="text/plain", extensions=("txt", "text")),
    Kind(name="csv", label="CSV", content_type="text/csv", extensions=("csv",)),
    Kind(name="md", label="Markdown", content_type="text/markdown", extensions=("md", "markdown")),
)
START_BYTES: Final = 1024
# DOS ends texts with it, and fills the last block with it.
CTRL_Z: Final = "\x1a"

# Control characters other than tab, line ends and form feed.
_controls = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")


def detect_kind(content: File[bytes], name: str) -> Kind:
    """Return the kind of the content; the name distinguishes the kinds of text.

    Raises ValidationError for types that this site does not allow.
    """
    content.seek(0)
    start = content.read(START_BYTES)
    for kind in KINDS:
        if re.match(kind.magic, start, re.DOTALL):
            return _pick_allowed([kind])
    if not _is_text(content):
        raise ValidationError(
            _explain_signature(start)
            or encodings.explain_encoding(content)
            or _unsupported_message()
        )
    return _pick_allowed(_list_text_kinds(name))


def list_allowed_kinds() -> list[Kind]:
    return [kind for kind in KINDS if kind.name in settings.FILE_TYPES]


def clean_name(name: str, kind: Kind) -> str:
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = _strip_ends(to_plain_line(name))
    if _get_extension(name) in kind.extensions:
        stem, ending = name[: name.rindex(".")], name[name.rindex(".") :]
    else:
        # ".png" has no stem.
        stem = "" if name.lower() in kind.extensions else name
        ending = f".{kind.extension}"
    return (_strip_ends(stem) or "file")[: MAX_NAME_LENGTH - len(ending)] + ending


def _strip_ends(name: str) -> str:
    return re.sub(r"^[.\s]+|[.\s]+$", "", name)


def _pick_allowed(kinds: list[Kind]) -> Kind:
    for kind in kinds:
        if kind in list_allowed_kinds():
            return kind
    raise ValidationError(_unsupported_message())


def _unsupported_message() -> str:
    *labels, last = (kind.label for kind in list_allowed_kinds())
    choice = f"{', '.join(labels)} or {last}" if labels else last
    return f"This file type isn't supported: choose {choice}."


def _explain_signature(start: bytes) -> str:
    return (
        explain_unsupported(start)
        if {kind.name for kind in list_allowed_kinds()} >= SUGGESTED_KINDS
        else ""
    )


def _list_text_kinds(name: str) -> list[Kind]:
    texts = (kind for kind in KINDS if kind.is_text)
    return sorted(texts, key=lambda kind: _get_extension(name) not in kind.extensions)


def _is_text(content: File[bytes]) -> bool:
    ended = False
    try:
        for text in _decode(content):
            body = text.rstrip(CTRL_Z)
            if (body and ended) or _controls.search(body):
                return False
            ended = ended or body != text
    except UnicodeDecodeError:
        return False
    return True


def _decode(content: File[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in content.chunks():
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _get_extension(name: str) -> str:
    return PurePath(name).suffix.removeprefix(".").lower()
