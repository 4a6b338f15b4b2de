from __future__ import annotations

from typing import Final

from django import template

from files.file_types import KINDS

KIND_OF: Final = {kind.content_type: kind for kind in KINDS}

register = template.Library()


@register.filter
def kind(content_type: str) -> str:
    return KIND_OF[content_type].label if content_type in KIND_OF else "file"


@register.filter
def is_image(content_type: str) -> bool:
    return content_type in KIND_OF and KIND_OF[content_type].is_image


@register.filter
def ending(content_type: str) -> str:
    return KIND_OF[content_type].extension.upper() if content_type in KIND_OF else "FILE"
