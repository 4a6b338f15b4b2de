from __future__ import annotations

from django import template

from config.lib import request_ids

register = template.Library()


@register.simple_tag
def request_id() -> str:
    return request_ids.request_id.get()
