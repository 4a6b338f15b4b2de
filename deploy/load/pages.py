"""HTML pages as a browser sees them: links, buttons and forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TypeVar
from urllib.parse import urljoin

T = TypeVar("T")
Attributes = dict[str, str]


class MissingError(Exception):
    """The page has no such link or button."""


@dataclass
class Form:
    """A form's action and its initial values."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def fill(self, **values: str) -> list[tuple[str, str]]:
        """Return the fields with these values replaced or added."""
        kept = [(name, value) for name, value in self.fields if name not in values]
        return [*kept, *values.items()]


@dataclass
class Button:
    form: Form
    own_action: str

    @property
    def action(self) -> str:
        return self.own_action or self.form.action


class Page(HTMLParser):
    def __init__(self, html: str, url: str) -> None:
        super().__init__()
        self.url = url
        self.links: dict[str, str] = {}
        self.buttons: dict[str, Button] = {}
        self.stylesheets: list[str] = []
        self.unticked: dict[str, list[str]] = {}  # values by field
        self._form = Form(url)
        self._open: Attributes = {}  # of the current link, button, textarea or select
        self._text: list[str] = []
        self.feed(html)

    def find_link(self, label: str) -> str:
        return find_first(self.links, label)

    def find_button(self, label: str) -> Button:
        return find_first(self.buttons, label)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if begin := getattr(self, f"begin_{tag}", None):
            begin({name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        if end := getattr(self, f"end_{tag}", None):
            end()

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def _begin(self, attributes: Attributes) -> None:
        self._open, self._text = attributes, []

    begin_a = begin_button = begin_textarea = begin_select = _begin

    def begin_link(self, attributes: Attributes) -> None:
        if attributes.get("rel") == "stylesheet":
            self.stylesheets.append(attributes["href"])

    def begin_form(self, attributes: Attributes) -> None:
        self._form = Form(urljoin(self.url, attributes.get("action", "")))

    def end_form(self) -> None:
        self._form = Form(self.url)

    def begin_input(self, attributes: Attributes) -> None:
        kind, name = attributes.get("type"), attributes.get("name", "")
        value = attributes.get("value", "")
        if kind in ("checkbox", "radio") and "checked" not in attributes:
            self.unticked.setdefault(name, []).append(value)
        elif name and kind != "file":
            self._form.fields.append((name, value))

    def begin_option(self, attributes: Attributes) -> None:
        if "selected" in attributes:
            self._form.fields.append((self._open["name"], attributes["value"]))

    def end_textarea(self) -> None:
        text = "".join(self._text).removeprefix("\n")
        self._form.fields.append((self._open["name"], text))

    def end_a(self) -> None:
        self.links.setdefault(self._get_label(), self._open["href"])

    def end_button(self) -> None:
        if "form" not in self._open and self._open.get("type") != "button":
            button = Button(self._form, self._open.get("formaction", ""))
            self.buttons.setdefault(self._get_label(), button)

    def _get_label(self) -> str:
        return self._open.get("aria-label") or " ".join("".join(self._text).split())


def find_first(items: Mapping[str, T], label: str) -> T:
    for name, item in items.items():
        if name.startswith(label):
            return item
    raise MissingError(f"the page has no “{label}”")
