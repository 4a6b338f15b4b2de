from __future__ import annotations

from django import template

from profiles import avatars

register = template.Library()
register.filter("initials", avatars.get_initials)
register.filter("avatar_url", avatars.get_url)
