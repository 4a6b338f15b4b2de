"""Every page that there is, as each of the people gets to see it."""

from __future__ import annotations

from django.urls import URLPattern, get_resolver, resolve

from config.tests.forms import Page
from config.tests.world import (
    FILE,
    LINK,
    ada,
    carl,
    grace,
    joining,
    moving,
    stranger,
    with_link,
    without_password,
)

SEPARATE = "deleted=1"  # the only query that makes another page


def addresses(resolver=None, space="", prefix="/"):
    """The name of every address but the API's, and the path, where no part of it varies."""
    for one in (resolver or get_resolver()).url_patterns:
        route = prefix + str(one.pattern)
        if not isinstance(one, URLPattern):
            if one.namespace != "api":
                yield from addresses(one, f"{one.namespace}:" if one.namespace else space, route)
        elif one.name:
            yield space + one.name, "" if set(route) & set("<(") else route


class Crawl:
    """What the pages of all roles have: forms by their names, and the views that showed one."""

    def __init__(self):
        self.forms, self.shown, self.placeholders = set(), set(), set()
        paths = {path for _, path in addresses()} - {""}
        for role in (stranger, carl, ada, grace):
            self.follow(role(), paths)
        ways_in = {path for path in paths if path.startswith("/accounts/")} | {LINK}
        for role in (joining, moving, without_password, with_link):
            browser = role()
            for path in ways_in:
                self.visit(browser, path)
        self.note("/files/", ada().post(f"/files/{FILE}/delete/", headers={"HX-Request": "true"}))

    def follow(self, browser, paths):
        seen = set()
        while paths := {path for path in paths if kind(path) not in seen}:
            page = min(paths)
            seen.add(kind(page))
            paths = paths | self.visit(browser, page)

    def visit(self, browser, path):
        """Note the page's forms; where it leads."""
        answer = browser.get(path)
        if answer.status_code in (301, 302):
            return leading([answer.url])
        page = self.note(path, answer)
        for act in page.acts:
            if "delete_selected" in act.data.get("action", []):
                self.note(path, browser.post(act.path, act.data | {"_selected_action": page.rows}))
        return leading(page.links)

    def note(self, path, answer):
        self.shown.add(resolve(path.partition("?")[0]).view_name)
        page = Page(path, "" if answer.streaming else answer.content.decode())
        self.forms |= {act.name for act in page.acts}
        self.placeholders |= page.placeholders
        return page


def kind(path):
    """One page of the administration is as another one of the same view."""
    match = resolve(path.partition("?")[0])
    return match.view_name if match.namespace == "admin" else path


def leading(links):
    routes = [link if link.endswith(f"?{SEPARATE}") else link.partition("?")[0] for link in links]
    ours = [route for route in routes if route.startswith("/")]
    return {route for route in ours if not route.startswith(("/static/", "/api/"))}
