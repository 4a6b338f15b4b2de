from __future__ import annotations

from typing import Final

from django import template

from files.recognition import KINDS

NAMES: Final = {kind.content_type: kind.name.upper() for kind in KINDS}

register = template.Library()


@register.filter
def kind(content_type: str) -> str:
    """A word for the kind of file, such as PDF."""
    return NAMES.get(content_type, "FILE")
