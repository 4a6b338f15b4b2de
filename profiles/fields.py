"""Form fields of the profile."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from babel import Locale
from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from profiles.timezones import list_locales, list_zones

REGIONS: Final = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia"),
    *("Europe", "Indian", "Pacific"),
)


class LinesField(forms.CharField):
    """Text of several lines; line ends count as one character, as in browsers."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class DatalistInput(forms.TextInput):
    """A text input that suggests options."""

    template_name = "profiles/proposing_input.html"

    def __init__(self, options: Callable[[], SafeString]) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false"})
        self.options = options

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}-options"
        return context | {"options": self.options()}


class ZoneField(forms.CharField):
    """A time zone by its name or city, in any spelling."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        return load_zone_index().get(normalize(text), text)


class LocaleField(forms.CharField):
    """A locale by its tag, or by its name in English or in its own language."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        return load_locale_index().get(normalize(text), text)


def normalize(text: str) -> str:
    if not text.isprintable():
        return text
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+|[+-](?=\d)", letters))


@cache
def load_zone_index() -> dict[str, str]:
    index = {normalize(zone): zone for zone in list_zones()}
    names = Locale("en").time_zones
    for zone in sorted(list_zones(), key=lambda zone: (zone.split("/")[0] not in REGIONS, zone)):
        region, _, place = zone.partition("/")
        if region not in REGIONS:
            continue
        for city in (place.rpartition("/")[2], names.get(zone, {}).get("city", "")):
            if city:
                index.setdefault(normalize(city), zone)
                index.setdefault(normalize(f"{city} {region}"), zone)
    return index


@cache
def load_locale_index() -> dict[str, str]:
    index = {normalize(tag): tag for tag in list_locales()}
    for tag, name in list_locales().items():
        index.setdefault(normalize(name), tag)
    for tag in list_locales():
        own = Locale.parse(tag, sep="-").get_display_name()
        index.setdefault(normalize(own or tag), tag)
    return index


@cache
def render_zone_options() -> SafeString:
    """Browsers search the labels too."""
    labels = ((zone, zone.replace("_", " ")) for zone in list_zones())
    return format_html_join("", '<option value="{}">{}</option>', labels)


@cache
def render_locale_options() -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', list_locales().items())
