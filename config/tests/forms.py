"""Parse the forms of a page into what a browser would send."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.urls import resolve

CHECKABLE = ("checkbox", "radio")


@dataclass
class Submission:
    """What a button of a form sends where: a whole form or, by htmx, a part."""

    path: str
    data: dict[str, list[str]]
    form: str = ""
    button: str = ""
    part: bool = False

    @property
    def name(self):
        """Return a name such as `tours:start step` or `onboarding:step name`.

        The save buttons of the admin share a name.
        """
        match = resolve(urlsplit(self.path).path)
        words = [match.view_name, str(match.kwargs.get("step", ""))]
        if match.namespace != "admin":
            words += [self.form, self.button]
        words += self.data.get("action", []) + self.data.get("post", [])
        words += ["(part)"] * self.part
        return " ".join(filter(None, dict.fromkeys(words)))


@dataclass
class Form:
    attributes: dict[str, str]
    data: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[dict[str, str]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    def submissions(self, page):
        for button in self.buttons:
            action = button.get("formaction", self.attributes.get("action", ""))
            yield from self.list_choices(urljoin(page, action), button)
        for tag in (self.attributes, *self.buttons):
            if "hx-post" in tag:
                yield Submission(urljoin(page, tag["hx-post"]), self.get_data({}), part=True)

    def list_choices(self, path, button):
        """Yield one submission per action of an admin list, whose button alone does nothing."""
        form = self.attributes.get("id", "")
        for action in self.actions or [None]:
            chosen = {"action": [action]} if action else {}
            yield Submission(path, self.get_data(button) | chosen, form, button.get("name", ""))

    def get_data(self, button):
        data = {}
        for name, value in self.data:
            data.setdefault(name, []).append(value)
        if "name" in button:
            data[button["name"]] = [button.get("value", "")]
        return data


class Page(HTMLParser):
    """The POST forms and the links of a page at this path."""

    def __init__(self, path, text):
        super().__init__()
        self.path, self.forms, self.links = path, [], set()
        self.by_id, self.detached_buttons, self.open = {}, [], None
        self.select, self.text = {}, None
        self.token, self.rows, self.placeholders = None, [], set()
        self.feed(text)
        for name, button in self.detached_buttons:
            self.by_id[name].buttons.append(button)

    @property
    def submissions(self):
        posted = [one for one in self.forms if one.attributes.get("method", "").lower() == "post"]
        return [act for one in posted for act in one.submissions(self.path)]

    def handle_starttag(self, tag, pairs):
        attributes = {name: value or "" for name, value in pairs}
        self.placeholders |= {attributes.get("placeholder", "")} - {""}
        if handle := getattr(self, f"on_{tag}", None):
            handle(attributes)

    def on_a(self, attributes):
        self.links.add(urljoin(self.path, attributes.get("href", "")).partition("#")[0])

    def on_form(self, attributes):
        self.open = Form(attributes)
        self.forms.append(self.open)
        self.by_id[attributes.get("id")] = self.open

    def on_button(self, attributes):
        if attributes.get("type", "submit") != "submit":
            return
        if "form" in attributes:
            self.detached_buttons.append((attributes["form"], attributes))
        elif self.open:
            self.open.buttons.append(attributes)
        elif "hx-post" in attributes:  # of a fragment: it becomes part of a form of the page
            self.forms.append(Form({"method": "post"}, buttons=[attributes]))

    def on_input(self, attributes):
        kind, name = attributes.get("type", "text"), attributes.get("name")
        if kind == "submit":
            self.on_button(attributes | {"type": "submit"})
        elif name == "csrfmiddlewaretoken":
            self.token = attributes["value"]
        elif self.open and name and kind != "file":
            if kind not in CHECKABLE or "checked" in attributes:
                self.open.data.append((name, attributes.get("value", "on")))
            elif name == "_selected_action":
                self.rows.append(attributes["value"])

    def on_select(self, attributes):
        self.select = attributes

    def on_option(self, attributes):
        name, value = self.select.get("name"), attributes.get("value", "")
        if not (self.open and name):
            return
        if name == "action":
            self.open.actions += filter(None, [value])
        elif "selected" in attributes:
            self.open.data.append((name, value))

    def on_textarea(self, attributes):
        self.text = [attributes.get("name"), ""]

    def handle_data(self, data):
        if self.text:
            self.text[1] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "textarea" and self.text:
            if self.open:
                self.open.data.append((self.text[0], self.text[1].removeprefix("\n")))
            self.text = None
