"""The guide in Chromium."""

import pytest

from accounts.tests.people import make_user
from config.tests.browser import DESKTOP, PHONE
from tours.models import Tour
from tours.steps import STEPS
from tours.tests.guide import (
    APART,
    AT_FIRST,
    IN_VIEW,
    assert_at,
    assert_ended,
    assert_points_at,
    get_origin,
    press,
)

expect = pytest.importorskip("playwright.sync_api").expect

ELSEWHERE = 4  # the first step that is not on the start page
NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, { get() { throw new DOMException("", "SecurityError") } });
}"""


def get_focused(page):
    return page.evaluate("document.activeElement.id")


def test_banner_starts_the_guide_once(signed_in_page):
    page = signed_in_page(make_user())
    page.goto("/")
    page.get_by_role("button", name="Start", exact=True).click()
    assert_at(page, 1)
    assert Tour.objects.get().answered is True
    press(page, "Skip")
    assert_ended(page)
    page.reload()
    expect(page.get_by_text("Take a short tour?")).to_have_count(0)


def test_declining_keeps_the_page(signed_in_page):
    page = signed_in_page(make_user())
    page.goto("/")
    page.get_by_role("button", name="Maybe later").click()
    expect(page.get_by_role("status").filter(has_text="from your profile")).to_be_visible()
    assert_ended(page)


def test_links_to_tour_page_without_javascript(signed_in_page):
    page = signed_in_page(make_user(), java_script_enabled=False)
    page.goto("/")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("link", name="read the tour").click()
    page.get_by_role("button", name=f"Show me {STEPS[-1].title}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="read the tour")).to_be_visible()


def test_showing_one_step_answers_the_offer(signed_in_page):
    page = signed_in_page(make_user())
    page.goto("/tour/")
    page.get_by_role("button", name=f"Show me {STEPS[1].title}").click()
    assert_at(page, 2)
    press(page, "Skip")
    assert_ended(page)
    expect(page.get_by_text("Take a short tour?")).to_have_count(0)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_visits_all_pages_and_points_at_each_element(open_guide, viewport):
    page = open_guide(viewport=viewport, script=NO_STORAGE)
    for number, step in enumerate(STEPS, 1):
        assert_at(page, number)
        assert_points_at(page, step.element)
        assert page.evaluate(IN_VIEW, "#tour-guide")
        assert page.evaluate(APART, ["#tour-guide", "#tour-spotlight"])
        press(page, "Done" if number == len(STEPS) else "Next")
    assert_ended(page, STEPS[-1].path)


def test_goes_back_across_pages(open_guide):
    page = open_guide(ELSEWHERE)
    for number in range(ELSEWHERE - 1, 0, -1):
        press(page, "Back")
        assert_at(page, number)
    expect(page.get_by_role("button", name="Back")).to_be_disabled()


def test_arrow_keys_move_and_stop_at_the_ends(open_guide):
    page = open_guide()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert_at(page, 2)
    page.keyboard.press("Control+ArrowLeft")
    assert_at(page, 2)
    page.keyboard.press("ArrowLeft")
    assert_at(page, 1)
    page.goto(f"{STEPS[-1].path}?tour={len(STEPS)}")
    page.keyboard.press("ArrowRight")
    assert_at(page, len(STEPS))


def test_escape_ends_the_guide_and_its_keys(open_guide):
    page = open_guide(2)
    page.keyboard.press("Escape")
    assert_ended(page)
    page.keyboard.press("ArrowRight")
    assert_ended(page)


def test_reload_and_browser_back_keep_the_step(open_guide):
    page = open_guide(ELSEWHERE - 2)
    press(page, "Next")
    page.reload()
    assert_at(page, ELSEWHERE - 1)
    press(page, "Next")
    assert_at(page, ELSEWHERE)
    page.go_back()
    assert_at(page, ELSEWHERE - 1)


def test_keeps_other_query_parameters(open_guide):
    page = open_guide()
    page.goto("/?q=Expert&tour=1")
    press(page, "Next")
    expect(page).to_have_url(f"{get_origin(page)}/?q=Expert&tour=2")
    press(page, "Skip")
    assert_ended(page, "/?q=Expert")


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_focus_stays_in_the_dialog(open_guide, key):
    page = open_guide(2)
    seen = [get_focused(page)]
    for _ in range(3):
        page.keyboard.press(key)
        seen.append(get_focused(page))
    assert seen[0] == seen[3] == "tour-next"
    assert set(seen) == {"tour-skip", "tour-back", "tour-next"}


def test_click_outside_keeps_keyboard_control(open_guide):
    page = open_guide()
    page.mouse.click(5, 300)
    page.keyboard.press("ArrowRight")
    assert_at(page, 2)
    page.mouse.click(5, 300)
    page.keyboard.press("Tab")
    assert get_focused(page).startswith("tour-")


def test_focus_moves_from_a_hidden_button(open_guide):
    page = open_guide(2)
    press(page, "Back")
    assert get_focused(page) == "tour-next"
    page.goto(f"{STEPS[-1].path}?tour={len(STEPS)}")
    assert get_focused(page) == "tour-next"


def test_focus_returns_to_previous_element(open_guide):
    page = open_guide(script=AT_FIRST.format("document.getElementById('search').focus()"))
    assert get_focused(page) == "tour-next"
    page.keyboard.press("Escape")
    assert_ended(page)
    assert get_focused(page) == "search"


def test_rest_of_the_page_is_inert(open_guide):
    page = open_guide()
    assert page.locator("dialog:modal").count() == 1
    expect(page.get_by_role("dialog").locator("[aria-live=polite]")).to_contain_text(STEPS[0].text)
