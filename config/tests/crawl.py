"""Collect every page of the site as each role sees it."""

from __future__ import annotations

from django.urls import URLPattern, get_resolver, resolve

from config.tests.forms import Page
from config.tests.world import (
    FILE,
    LINK,
    ada,
    anonymous,
    carl,
    changing_email,
    grace,
    signing_up,
    with_link,
    without_password,
)

SEPARATE = "deleted=1"  # the only query that selects another page


def list_urls(resolver=None, space="", prefix="/"):
    """Yield the name of every URL but the API's, and its path unless it has parameters."""
    for one in (resolver or get_resolver()).url_patterns:
        route = prefix + str(one.pattern)
        if not isinstance(one, URLPattern):
            if one.namespace != "api":
                yield from list_urls(one, f"{one.namespace}:" if one.namespace else space, route)
        elif one.name:
            yield space + one.name, "" if set(route) & set("<(") else route


class Crawl:
    """The forms of all roles' pages, by name, and the views that returned a page."""

    def __init__(self):
        self.forms, self.shown, self.placeholders = set(), set(), set()
        paths = {path for _, path in list_urls()} - {""}
        for role in (anonymous, carl, ada, grace):
            self.follow(role(), paths)
        account_paths = {path for path in paths if path.startswith("/accounts/")} | {LINK}
        for role in (signing_up, changing_email, without_password, with_link):
            browser = role()
            for path in account_paths:
                self.visit(browser, path)
        self.record("/files/", ada().post(f"/files/{FILE}/delete/", headers={"HX-Request": "true"}))

    def follow(self, browser, paths):
        seen = set()
        while paths := {path for path in paths if get_kind(path) not in seen}:
            page = min(paths)
            seen.add(get_kind(page))
            paths = paths | self.visit(browser, page)

    def visit(self, browser, path):
        """Record the page's forms; return its links."""
        answer = browser.get(path)
        if answer.status_code in (301, 302):
            return select_site_links([answer.url])
        page = self.record(path, answer)
        for act in page.submissions:
            if "delete_selected" in act.data.get("action", []):
                self.record(
                    path, browser.post(act.path, act.data | {"_selected_action": page.rows})
                )
        return select_site_links(page.links)

    def record(self, path, answer):
        self.shown.add(resolve(path.partition("?")[0]).view_name)
        page = Page(path, "" if answer.streaming else answer.content.decode())
        self.forms |= {act.name for act in page.submissions}
        self.placeholders |= page.placeholders
        return page


def get_kind(path):
    """Return the view's name for a page of the admin, else the path."""
    match = resolve(path.partition("?")[0])
    return match.view_name if match.namespace == "admin" else path


def select_site_links(links):
    routes = [link if link.endswith(f"?{SEPARATE}") else link.partition("?")[0] for link in links]
    own = [route for route in routes if route.startswith("/")]
    return {route for route in own if not route.startswith(("/static/", "/api/"))}
