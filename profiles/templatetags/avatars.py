from __future__ import annotations

from django import template

from profiles import avatars

register = template.Library()
register.filter("initials", avatars.initials)
register.filter("avatar_address", avatars.address)
