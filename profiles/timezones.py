"""The time zones of the system and the locales of Babel."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import available_timezones

from babel import Locale
from babel.localedata import locale_identifiers
from django.core.exceptions import ValidationError

# Files in the system's zone directory that are not zones.
NOT_ZONES: Final = {"Factory", "localtime"}


@cache
def list_zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones() - NOT_ZONES))


@cache
def list_locales() -> dict[str, str]:
    """Return the locales with their English names, such as de-CH: German (Switzerland), by name."""
    names = {
        name.replace("_", "-"): Locale.parse(name).get_display_name("en") or name
        for name in locale_identifiers()
    }
    return dict(sorted(names.items(), key=lambda item: item[1]))


def validate_zone(value: str) -> None:
    if value not in list_zones():
        raise ValidationError(
            "Choose a city or time zone from the list, such as New York or Europe/Berlin."
        )


def validate_locale(value: str) -> None:
    if value not in list_locales():
        raise ValidationError(
            "Choose a language and region from the list, such as English (United States)."
        )
