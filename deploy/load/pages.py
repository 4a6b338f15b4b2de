"""What a browser makes of a page: its links, its buttons and the forms that these send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TypeVar
from urllib.parse import urljoin

T = TypeVar("T")
Attributes = dict[str, str]


class MissingError(Exception):
    """Somebody looks for what is not there."""


@dataclass
class Form:
    """Where a form goes, and what a browser sends of it when nobody has touched it."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, **answers: str) -> list[tuple[str, str]]:
        """The fields, these answers in place of what stood there."""
        kept = [(name, value) for name, value in self.fields if name not in answers]
        return [*kept, *answers.items()]


@dataclass
class Button:
    form: Form
    own_action: str

    @property
    def action(self) -> str:
        return self.own_action or self.form.action


class Page(HTMLParser):
    """A page that came from `address`."""

    def __init__(self, html: str, address: str) -> None:
        super().__init__()
        self.address = address
        self.links: dict[str, str] = {}
        self.buttons: dict[str, Button] = {}
        self.stylesheets: list[str] = []
        self.unticked: dict[str, list[str]] = {}  # by field, the values that can be ticked
        self._form = Form(address)
        self._open: Attributes = {}  # of the link, button, textarea or select that is being read
        self._text: list[str] = []
        self.feed(html)

    def link(self, label: str) -> str:
        """The address of the first link whose words begin with `label`."""
        return first(self.links, label)

    def button(self, label: str) -> Button:
        """The first button whose words begin with `label`."""
        return first(self.buttons, label)

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
        self._form = Form(urljoin(self.address, attributes.get("action", "")))

    def end_form(self) -> None:
        self._form = Form(self.address)

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
        self.links.setdefault(self._label(), self._open["href"])

    def end_button(self) -> None:
        if "form" not in self._open and self._open.get("type") != "button":
            button = Button(self._form, self._open.get("formaction", ""))
            self.buttons.setdefault(self._label(), button)

    def _label(self) -> str:
        return self._open.get("aria-label") or " ".join("".join(self._text).split())


def first(found: Mapping[str, T], label: str) -> T:
    """The first of them whose name begins with `label`."""
    for name, one in found.items():
        if name.startswith(label):
            return one
    raise MissingError(f"there is no “{label}” on the page")
