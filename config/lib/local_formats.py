"""Times, numbers and sizes in the time zone and locale of the request's user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_decimal
from django.utils import timezone

DEFAULT_ZONE: Final = "UTC"
DEFAULT_LOCALE: Final = "en"
UNITS: Final = ("bytes", "KB", "MB", "GB", "TB")
STEP: Final = 1000
# Locales without month names of their own inherit these placeholders from CLDR's root locale.
NO_MONTH: Final = re.compile(r"M\d\d")
NUMERIC: Final = "y-MM-dd"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)


@contextmanager
def local_formats(zone: str, locale: str) -> Iterator[None]:
    """Activate a time zone and locale, both already validated, inside the block."""
    token = _locale.set(locale)
    try:
        with timezone.override(ZoneInfo(zone)):
            yield
    finally:
        _locale.reset(token)


def local_datetime(moment: datetime) -> str:
    """Format date and time, such as 23 Nov 2026, 16:05."""
    locale, local = _babel_locale(), timezone.localtime(moment)
    day = format_date(local, _get_day_pattern(locale), locale=locale)
    minute = format_time(local, "short", tzinfo=local.tzinfo, locale=locale)
    return _isolate(_get_pattern(locale).replace("{1}", day).replace("{0}", minute))


def local_number(number: float) -> str:
    """Format a number with at most one decimal, such as 1,234.5."""
    return _isolate(_format_decimal(number))


def local_size(count: int) -> str:
    """Format bytes in the largest unit that gives at least 1, such as 1.2 MB."""
    size, unit = float(count), 0
    while round(size, 1) >= STEP and unit < len(UNITS) - 1:
        size, unit = size / STEP, unit + 1
    name = "byte" if count == 1 else UNITS[unit]
    return _isolate(f"{_format_decimal(size)} {name}")


def _format_decimal(number: float) -> str:
    return format_decimal(round(number, 1), locale=_babel_locale())


@cache
def _get_pattern(locale: Locale) -> str:
    # The locale's pattern quotes literal words.
    return str(get_datetime_format("medium", locale=locale)).replace("'", "")


@cache
def _get_day_pattern(locale: Locale) -> str:
    months = locale.months["format"]["abbreviated"].values()
    return NUMERIC if any(map(NO_MONTH.fullmatch, months)) else "medium"


def _isolate(text: str) -> str:
    """Wrap right-to-left text in Unicode isolates, so it does not reorder its surroundings."""
    return f"\u2068{text}\u2069" if _babel_locale().text_direction == "rtl" else text


def _babel_locale() -> Locale:
    return _parse_locale(_locale.get())


@cache
def _parse_locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")
