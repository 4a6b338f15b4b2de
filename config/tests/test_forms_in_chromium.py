"""Forms keep their input after an error, and focus what is wrong."""

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import expect

from accounts.tests.people import make_user
from config.tests.browser import PHONE

pytestmark = pytest.mark.django_db(transaction=True)

BIO = "Counts engines.\nAnd looms."
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


def fail_posts(page):
    """Answer every form with 503, while the browser itself keeps no input.

    Over HTTPS it does not because pages are no-store; over HTTP only autocomplete prevents it.
    """

    def answer(route):
        if route.request.resource_type != "document":
            return route.continue_()
        if route.request.method != "POST":
            answer = route.fetch()
            body = answer.text().replace("<form ", '<form autocomplete="off" ')
            return route.fulfill(response=answer, body=body)
        body = render_to_string("503.html", {"sent": True})
        return route.fulfill(status=503, body=body, content_type="text/html")

    page.route("**/*", answer)


def test_keeps_input_after_a_503_and_back(signed_in_page):
    page = signed_in_page(make_user(), refusals={503})
    fail_posts(page)
    page.goto("/profile/")
    page.get_by_label("Bio").fill(BIO)
    page.get_by_label("Direct").check()
    page.get_by_role("button", name="Save the profile").click()
    expect(page.get_by_role("heading", name="Too many people at once")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Bio")).to_have_value(BIO)
    expect(page.get_by_label("Direct")).to_be_checked()
    page.unroute_all(behavior="wait")
    page.get_by_role("button", name="Save the profile").click()
    expect(page.get_by_role("status").filter(has_text="Your profile is saved.")).to_be_visible()


def test_forgets_passwords_and_input_on_a_new_visit(open_page):
    page = open_page(refusals={503})
    fail_posts(page)
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Password").fill("seven-green-lighthouses")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Too many people at once")).to_be_visible()
    assert "lighthouses" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.go_back()
    expect(page.get_by_label("Email")).to_have_value("ada@example.org")
    expect(page.get_by_label("Password")).to_have_value("")
    page.goto("/accounts/signup/")
    expect(page.get_by_label("Email")).to_have_value("")


@SCRIPTS
def test_focuses_errors_that_link_to_their_fields(signed_in_page, scripts):
    page = signed_in_page(make_user(), viewport=PHONE, refusals={422}, java_script_enabled=scripts)
    page.goto("/profile/")
    page.get_by_label("Bio").fill(BIO)
    page.get_by_label("Time zone").fill("Atlantis")
    page.get_by_role("button", name="Save the profile").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    summary.get_by_role("link", name="Time zone").press("Enter")
    expect(page.get_by_label("Time zone")).to_be_focused()
    expect(page.get_by_label("Time zone")).to_have_value("Atlantis")
    expect(page.get_by_label("Bio")).to_have_value(BIO)


@SCRIPTS
def test_failed_sign_in_keeps_the_email_address(open_page, scripts):
    page = open_page(java_script_enabled=scripts)
    page.goto("/accounts/login/")
    expect(page.get_by_label("Email")).to_be_focused()
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Email")).to_have_value("ada@example.org")
