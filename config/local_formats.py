"""Times, numbers and sizes as the person reads them: in the zone and locale of the request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal
from django.utils import timezone

DEFAULT_ZONE: Final = "UTC"
DEFAULT_LOCALE: Final = "en"
UNITS: Final = ("bytes", "KB", "MB", "GB", "TB")
STEP: Final = 1000

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
    zone = timezone.get_current_timezone()
    return format_datetime(moment, "medium", tzinfo=zone, locale=_babel_locale())


def local_number(number: float) -> str:
    return format_decimal(number, format="#,##0.#", locale=_babel_locale())


def local_size(count: int) -> str:
    """A count of bytes in the largest unit in which it is at least 1, such as 1.2 MB."""
    size, unit = float(count), 0
    while size >= STEP and unit < len(UNITS) - 1:
        size, unit = size / STEP, unit + 1
    name = "byte" if count == 1 else UNITS[unit]
    return f"{local_number(round(size, 1))} {name}"


def _babel_locale() -> Locale:
    return Locale.parse(_locale.get(), sep="-")
