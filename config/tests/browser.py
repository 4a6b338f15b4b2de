"""Chromium on the real site; loaded as a plugin, so tests of every app can use it.

A test uses `open_page` without and `signed_in_page` with an account:

    def test_the_guide_starts(signed_in_page):
        page = signed_in_page(make_user(), viewport=PHONE, scheme="dark")
        page.goto("/")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("dialog")).to_be_visible()

The site is a separate gunicorn behind the real pool. It sees what a test stores; the tables are
emptied afterwards. It does not accept the tests' cheap password hashes, so their users cannot sign
in there. A test fails if one of its pages logged an error or a warning, raised an exception,
violated the Content-Security-Policy or sent a request to another host.
"""

from __future__ import annotations

import os
import re
import shutil
from urllib.parse import urlsplit

import pytest

from config.tests.parts import list_missing

PHONE = (390, 844)
DESKTOP = (1280, 900)

# A third of the processor time of the browser with windows.
BROWSER = "chromium-headless-shell"
ARGUMENTS = [
    "--no-sandbox",  # containers lack user namespaces
    "--disable-dev-shm-usage",  # and shared memory
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no other host
]
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => {
    console.error(`CSP: ${event.effectiveDirective} refuses ${event.blockedURI}`);
});"""


class Watch:
    """Collects the errors on the pages of one browser context."""

    def __init__(self, context, site, refusals):
        self.faults = []
        self._host, self._refusals = urlsplit(site).netloc, refusals
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"exception: {error.error}"))
        context.on("request", self._request)

    def _console(self, message):
        refused = re.search(r"responded with a status of (\d+)", message.text)
        expected = refused and int(refused[1]) in self._refusals
        if message.type in ("error", "warning") and not expected:
            self.faults.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, request):
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.netloc != self._host:
            self.faults.append(f"another host was asked: {request.url}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests of the site, and run them last: one gunicorn and one Chromium serve them."""
    for item in items:
        if "site" in item.fixturenames and not uses_private_site(item):
            item.add_marker("site")
    if missing := list_missing(items):
        raise pytest.UsageError(f"config/tests/parts.py misses {', '.join(map(str, missing))}")
    yield
    items.sort(key=lambda item: item.get_closest_marker("site") is not None)


def uses_private_site(item):
    """Return whether the test's `site` is one that it may break."""
    return item.get_closest_marker("faults") is not None


@pytest.fixture(scope="session")
def site():
    from config.tests.processes import gunicorn  # needs the settings, which load after plugins

    with gunicorn(DEBUG="false") as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Yield Chromium. While it runs, Playwright's event loop runs in this thread.

    Django forbids the ORM in a thread with an event loop, since a coroutine could block it. Only
    Playwright uses this loop, while the test waits for it; so the ORM is allowed.
    """
    from playwright.sync_api import sync_playwright

    home = tmp_path_factory.mktemp("chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(
            executable_path=shutil.which(BROWSER),
            args=ARGUMENTS,
            env=os.environ | {"HOME": str(home)},
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(site, browser, transactional_db):
    """Return a function that opens pages in contexts of their own; check for errors at the end.

    `open_page(viewport=PHONE, scheme="dark", refusals={422})` returns a Playwright page; "/" is the
    site's home. `refusals` are the statuses that the test provokes, which Chromium logs as errors.
    Other options go to Playwright's `new_context` (`java_script_enabled=False`).
    """
    opened = []

    def open_page(*, viewport=DESKTOP, scheme="light", refusals=frozenset(), cookies=(), **options):
        width, height = viewport
        context = browser.new_context(
            base_url=site,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            **options,
        )
        context.set_default_timeout(10_000)
        context.add_cookies(list(cookies))
        opened.append((context, Watch(context, site, refusals)))
        return context.new_page()

    yield open_page
    for context, _ in opened:
        context.close()
    faults = [fault for _, watch in opened for fault in watch.faults]
    assert not faults, "\n".join(faults)


@pytest.fixture
def signed_in_page(open_page, site, settings):
    """Return a function like `open_page` that takes a user and signs the user in."""
    from django.test import Client

    def signed_in_page(user, **options):
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": site}
        return open_page(cookies=[cookie], **options)

    return signed_in_page
