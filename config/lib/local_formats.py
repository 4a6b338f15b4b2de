"""Times, numbers and sizes as the person reads them: in the zone and locale of the request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
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
# What the root of all locales, and each that adds no words to it, calls the months.
NO_MONTH: Final = re.compile(r"M\d\d")
NUMERIC: Final = "y-MM-dd"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)


@contextmanager
def local_formats(zone: str, locale: str) -> Iterator[None]:
    """Have everything in the block read as in this zone and locale (both known to be valid)."""
    token = _locale.set(locale)
    try:
        with timezone.override(ZoneInfo(zone)):
            yield
    finally:
        _locale.reset(token)


def local_datetime(moment: datetime) -> str:
    """Day and minute, such as 23 Nov 2026, 16:05."""
    locale, local = _babel_locale(), timezone.localtime(moment)
    day = format_date(local, _day_pattern(locale), locale=locale)
    minute = format_time(local, "short", tzinfo=local.tzinfo, locale=locale)
    # The locale's way to put the two together; quotes are around words of it.
    pattern = str(get_datetime_format("medium", locale=locale)).replace("'", "")
    return _isolated(pattern.replace("{1}", day).replace("{0}", minute))


def local_number(number: float) -> str:
    """The number with at most one decimal, such as 1,234.5."""
    return _isolated(_decimal(number))


def local_size(count: int) -> str:
    """A count of bytes in the largest unit in which it is at least 1, such as 1.2 MB."""
    size, unit = float(count), 0
    while round(size, 1) >= STEP and unit < len(UNITS) - 1:
        size, unit = size / STEP, unit + 1
    name = "byte" if count == 1 else UNITS[unit]
    return _isolated(f"{_decimal(size)} {name}")


def _decimal(number: float) -> str:
    return format_decimal(round(number, 1), locale=_babel_locale())


def _day_pattern(locale: Locale) -> str:
    months = locale.months["format"]["abbreviated"].values()
    return NUMERIC if any(map(NO_MONTH.fullmatch, months)) else "medium"


def _isolated(text: str) -> str:
    """The text so that a direction of its own leaves alone the words around it."""
    return f"\u2068{text}\u2069" if _babel_locale().text_direction == "rtl" else text


def _babel_locale() -> Locale:
    return Locale.parse(_locale.get(), sep="-")
