"""Validation and cleanup of single-line text, such as names."""

from __future__ import annotations

import re
from typing import Final

from django.core.exceptions import ValidationError

# Control characters, line breaks included, and lone surrogates.
_controls: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Invisible characters that break a line or make it display differently.
_misleading: Final = re.compile("[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def plain_line(text: str) -> None:
    """Raise ValidationError unless the text is one line of visible characters."""
    if _controls.search(text) or _misleading.search(text):
        raise ValidationError("Remove line breaks and invisible characters.", "plain_line")


def to_plain_line(text: str) -> str:
    """Return the text as one line with single spaces; wider Unicode spaces stay."""
    return re.sub(" +", " ", _misleading.sub("", _controls.sub(" ", text))).strip()
