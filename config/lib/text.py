"""Which characters a line of text has, such as a person's name or a file's."""

from __future__ import annotations

import re
from typing import Final

from django.core.exceptions import ValidationError

# Control characters, ends of lines among them, and halves of surrogate pairs.
_controls: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Invisible ones, which would have the line show another text than it is, or break it.
_misleading: Final = re.compile("[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def plain_line(text: str) -> None:
    """Refuse, as a validator, what is not one line of characters that are shown."""
    if _controls.search(text) or _misleading.search(text):
        raise ValidationError("Remove line breaks and invisible characters.", "plain_line")


def as_plain_line(text: str) -> str:
    """The text as one plain line, with single spaces. Blanks of other widths stay."""
    return re.sub(" +", " ", _misleading.sub("", _controls.sub(" ", text))).strip()
