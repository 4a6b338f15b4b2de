"""The form fields that the profile needs beyond Django's."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from profiles.places import locales, zones


class LinesField(forms.CharField):
    """Text of several lines, whose ends count as one character, as they do in the browser."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class ProposingInput(forms.TextInput):
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
        return zones_as_typed().get(as_typed(text), text)


def as_typed(zone: str) -> str:
    return zone.replace("_", " ").casefold()


@cache
def zones_as_typed() -> dict[str, str]:
    return {as_typed(zone): zone for zone in zones()}


@cache
def zone_options() -> SafeString:
    """Written once, as there are hundreds; browsers find an option by its label, too."""
    labels = ((zone, zone.replace("_", " ")) for zone in zones())
    return format_html_join("", '<option value="{}">{}</option>', labels)


@cache
def locale_options() -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', locales().items())
