from __future__ import annotations

from django import template

from config.lib import local_formats

register = template.Library()
register.filter("local_datetime", local_formats.local_datetime)
register.filter("local_number", local_formats.local_number)
register.filter("local_size", local_formats.local_size)
