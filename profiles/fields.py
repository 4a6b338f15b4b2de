"""The form fields that the profile needs beyond Django's."""

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
    """Text of several lines, whose ends count as one character, as they do in the browser."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class DatalistInput(forms.TextInput):
    """A text field that proposes values while somebody types."""

    template_name = "profiles/proposing_input.html"

    def __init__(self, options: Callable[[], SafeString]) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false"})
        self.options = options

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}-options"
        return context | {"options": self.options()}


class ZoneField(forms.CharField):
    """A time zone, however its letters are written, and with spaces as people write them."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        return load_zone_index().get(normalize(text), text)


class LocaleField(forms.CharField):
    """A locale, by its tag or by its name in English or in its own language."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        return load_locale_index().get(normalize(text), text)


def normalize(text: str) -> str:
    """The text without what people write differently: case, accents, punctuation and spaces."""
    if not text.isprintable():
        return text
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(one for one in decomposed if not unicodedata.combining(one))
    return " ".join(re.findall(r"[^\W_]+|[+-](?=\d)", letters))


@cache
def load_zone_index() -> dict[str, str]:
    """Each zone by its name and by its city, which may be followed by the region."""
    typed = {normalize(zone): zone for zone in list_zones()}
    names = Locale("en").time_zones
    for zone in sorted(list_zones(), key=lambda zone: (zone.split("/")[0] not in REGIONS, zone)):
        region, _, place = zone.partition("/")
        if region not in REGIONS:
            continue
        for city in (place.rpartition("/")[2], names.get(zone, {}).get("city", "")):
            if city:
                typed.setdefault(normalize(city), zone)
                typed.setdefault(normalize(f"{city} {region}"), zone)
    return typed


@cache
def load_locale_index() -> dict[str, str]:
    typed = {normalize(tag): tag for tag in list_locales()}
    for tag, name in list_locales().items():
        typed.setdefault(normalize(name), tag)
    for tag in list_locales():
        own = Locale.parse(tag, sep="-").get_display_name()
        typed.setdefault(normalize(own or tag), tag)
    return typed


@cache
def render_zone_options() -> SafeString:
    """Written once, as there are hundreds; browsers find an option by its label, too."""
    labels = ((zone, zone.replace("_", " ")) for zone in list_zones())
    return format_html_join("", '<option value="{}">{}</option>', labels)


@cache
def render_locale_options() -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', list_locales().items())
