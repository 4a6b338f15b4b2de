"""No page scrolls sideways, on a small phone or with text at twice its size."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.tests.people import PASSWORD, make_user
from config.tests.browser import PHONE
from files.tests.content import make_image, upload_file
from files.tests.rows import make_row, make_rows
from onboarding.models import Preferences, Step
from onboarding.tests.experts import make_expert, make_experts
from tours.steps import STEPS

SMALL_PHONE = (320, 568)
LOOKS = [(SMALL_PHONE, "100%"), (PHONE, "100%"), (PHONE, "200%")]
LONG_EMAIL = "augusta.ada.king-noel.countess-of-lovelace@analytical-engines.example.org"
LONG_NAME = "Quarterly_figures_of_all_subsidiaries_" + "consolidated" * 12 + ".xlsx"
LONG_WORD = "Donaudampfschifffahrtsgesellschaftsrecht"

ANONYMOUS = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
NEWCOMERS = ["/onboarding/name/", "/onboarding/traits/", "/onboarding/experts/"]
MEMBERS = [
    "/",
    f"/?q={LONG_WORD}nothing",
    "/account/",
    "/accounts/email/",
    "/accounts/logout/",
    "/accounts/password/change/",
    "/files/",
    "/files/?deleted=1",
    f"/files/?q={LONG_WORD}nothing",
    "/files/trash/empty/",
    "/profile/",
    "/profile/delete/",
    "/tour/",
]
GUIDE = [f"{step.path}?tour={number}" for number, step in enumerate(STEPS, start=1)]

# The overflow of the page or its dialog in pixels, and the elements that cause it.
SIDEWAYS = """() => {
    const boxes = [document.documentElement, ...document.querySelectorAll("dialog[open]")];
    return boxes.filter((box) => box.scrollWidth > box.clientWidth).map((box) => {
        const edge = box.getBoundingClientRect().left + box.clientWidth;
        const wide = [...box.querySelectorAll("*")]
            .filter((element) => element.getBoundingClientRect().right > edge + 1)
            .slice(0, 6)
            .map((element) => element.outerHTML.replace(/\\s+/g, " ").slice(0, 80));
        return [`${box.scrollWidth - box.clientWidth} px`, ...wide].join("\\n    ");
    });
}"""


def list_overflows(page):
    for (width, height), text in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", text)
        for fault in page.evaluate(SIDEWAYS):
            yield f"{page.url} at {width} px, text {text}: {fault}"


def assert_fits(page, *paths):
    found = []
    for path in paths:
        page.goto(path)
        found += list_overflows(page)
    assert not found, "\n".join(found)


@pytest.fixture
def member():
    """Create a user with long words everywhere."""
    make_experts(30)
    make_expert(name=LONG_WORD, description=LONG_WORD)
    user = make_user(email=LONG_EMAIL, name=LONG_WORD)
    upload_file(user, "harbour.png", make_image())
    make_rows(user, 30)
    make_row(user, name=LONG_NAME)
    make_row(user, name=LONG_NAME, deleted_at=timezone.now())
    return user


def test_public_page_fits(open_page):
    assert_fits(open_page(viewport=PHONE), *ANONYMOUS)


def test_missing_page_fits(open_page):
    assert_fits(open_page(refusals={404}), "/nothing")


def test_code_page_fits(open_page):
    page = open_page()
    page.goto("/accounts/signup/")
    page.locator("[name=email]").fill(LONG_EMAIL)
    page.locator("[name=password1]").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    found = list(list_overflows(page))
    assert not found, "\n".join(found)


def test_wizard_fits(signed_in_page):
    make_experts(30)
    make_expert(name=LONG_WORD, description=LONG_WORD)
    user = make_user(newcomer=True)
    Preferences.for_user(user).store(step=Step.EXPERTS)
    assert_fits(signed_in_page(user), *NEWCOMERS)


def test_page_for_users_fits(signed_in_page, member):
    assert_fits(signed_in_page(member), *MEMBERS)


def test_tour_fits(signed_in_page, member):
    assert_fits(signed_in_page(member), *GUIDE)


def test_finds_a_page_that_is_too_wide(open_page):
    page = open_page()
    page.goto("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<hr width=1000>')")
    assert '<hr width="1000">' in "\n".join(list_overflows(page))
