"""The tests' browser reports errors on pages."""

import pytest

from accounts.tests.people import make_user
from config.tests.browser import PHONE, Watch

# Even without rows: pytest-django sorts by it, and each group starts a browser.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def faults(site, browser):
    """Return a function that collects the errors of a page with this body under the CSP."""
    context = browser.new_context(base_url=site)

    def faults(body, script="", refusals=()):
        watch = Watch(context, site, refusals)
        headers = {"Content-Security-Policy": "default-src 'self'; script-src 'self' 'nonce-x'"}
        body = f"<!doctype html><title>x</title>{body}<script nonce=x>{script}</script>"
        context.route(
            f"{site}/", lambda r: r.fulfill(body=body, headers=headers, content_type="text/html")
        )
        page = context.new_page()
        page.goto("/", wait_until="networkidle")
        return "\n".join(watch.faults)

    yield faults
    context.close()


def test_opens_the_site(open_page):
    page = open_page(viewport=PHONE, scheme="dark")
    page.goto("/")
    assert page.evaluate("innerWidth") == 390
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


def test_signs_a_user_in(signed_in_page):
    page = signed_in_page(make_user())
    page.goto("/account/")
    assert page.get_by_role("button", name="Sign out", exact=True).is_visible()


def test_correct_page_has_no_errors(faults):
    assert faults("<p>Hello</p>", "console.log('fine')") == ""


@pytest.mark.parametrize("kind", ["error", "warning"])
def test_reports_console_messages(faults, kind):
    assert f"{kind}: broken" in faults("", f"console.{kind.replace('ing', '')}('broken')")


def test_reports_exceptions(faults):
    assert "exception: " in faults("", "nothing.such()")


def test_reports_csp_violations(faults):
    assert "CSP: style-src-attr refuses inline" in faults("<p style='color: red'>Hello</p>")


def test_asking_another_host_is_a_fault(faults):
    found = faults("<a href='http://evil.example/x' id=out>Out</a>", "out.click()")
    assert "another host was asked: http://evil.example/x" in found


def test_a_file_that_is_not_there_is_a_fault(faults):
    assert "status of 404" in faults("<img src='/static/nothing.png' alt=''>")


def test_a_refusal_that_the_test_provokes_is_none(faults):
    assert faults("<img src='/nothing.png' alt=''>", refusals=[404]) == ""
