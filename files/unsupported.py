"""Unsupported file types that users know by name, and what to do instead."""

from __future__ import annotations

import re
from typing import Final

AS_JPEG: Final = "save it as JPEG or PNG"
AS_PDF: Final = "save it as PDF"
# The kinds that the suggestions name.
SUGGESTED_KINDS: Final = {"jpeg", "png", "pdf"}
UNPACK: Final = "unpack it and choose the files in it"

# The start of the file, its type, and the suggestion.
SIGNATURES: Final = (
    (rb"....ftyp(?:heic|heix|hevc|hevx|heim|heis|mif1|msf1)", "a HEIC photo", AS_JPEG),
    (rb"....ftyp(?:avif|avis)", "an AVIF image", AS_JPEG),
    (rb"....ftyp", "a video", ""),
    (rb"GIF8[79]a", "a GIF image", AS_JPEG),
    (rb"BM....\0\0\0\0", "a BMP image", AS_JPEG),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "a TIFF image or a raw photo", AS_JPEG),
    (rb"\0\0\0\x0cJXL |\xff\x0a", "a JPEG XL image", AS_JPEG),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 image", AS_JPEG),
    (rb"8BPS", "a Photoshop file", AS_JPEG),
    (rb"\0\0\x01\0", "an icon", AS_JPEG),
    (rb"PK[\x03\x05]", "a zip archive or an Office document", AS_PDF),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", AS_PDF),
    (rb"Rar!\x1a\x07|7z\xbc\xaf|\x1f\x8b", "an archive", UNPACK),
)


def explain_unsupported(start: bytes) -> str:
    for magic, name, suggestion in SIGNATURES:
        if re.match(magic, start, re.DOTALL):
            advice = f": {suggestion} first" if suggestion else ""
            return f"This is {name}, which isn't supported{advice}."
    return ""
