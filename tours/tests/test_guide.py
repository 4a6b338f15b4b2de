"""The guide in Chromium."""

from urllib.parse import urlsplit

import pytest

from accounts.tests.people import make_user
from config.tests.browser import DESKTOP, PHONE
from onboarding.tests.experts import make_experts
from tours.models import Tour
from tours.steps import STEPS

expect = pytest.importorskip("playwright.sync_api").expect

ELSEWHERE = 4  # the first step that is not on the start page
RIM = 6
# Runs before the page's modules.
AT_FIRST = "document.addEventListener('readystatechange', () => {{ {} }}, {{ once: true }})"
NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, { get() { throw new DOMException("", "SecurityError") } });
}"""
NOTE_SCROLLS = """window.scrolls = [];
const scroll = Element.prototype.scrollIntoView;
Element.prototype.scrollIntoView = function (how) {
    scrolls.push(how.behavior);
    scroll.call(this, how);
};
"""
# The spotlight ends above the dialog if that covers the element's lower end.
POINTS_AT = """([name, rim]) => {
    const [spot, element, dialog] = [`#tour-spotlight`, `[data-tour=${name}]`, `#tour-guide`].map(
        (selector) => document.querySelector(selector).getBoundingClientRect());
    const isClose = (one, other) => Math.abs(one - other) < 1;
    return ["left", "top"].every((side) => isClose(spot[side], element[side] - rim))
        && isClose(spot.width, element.width + 2 * rim)
        && (isClose(spot.bottom, element.bottom + rim) || isClose(spot.bottom, dialog.top - 16));
}"""
IN_VIEW = """(selector) => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
}"""
APART = """([one, other]) => {
    const [a, b] = [one, other].map((name) => document.querySelector(name).getBoundingClientRect());
    return a.bottom <= b.top || b.bottom <= a.top || a.right <= b.left || b.right <= a.left;
}"""


@pytest.fixture
def open_guide(signed_in_page):
    """`open_guide(3)` opens Ada's browser at the third step."""

    def open_guide(number=1, *, script="", **options):
        make_experts(5)
        page = signed_in_page(make_user(password=None), **options)
        page.add_init_script(script)
        page.goto(f"{STEPS[number - 1].path}?tour={number}")
        assert_at(page, number)
        return page

    return open_guide


def assert_at(page, number):
    """Check the dialog's text and the URL."""
    step = STEPS[number - 1]
    dialog = page.get_by_role("dialog", name=step.title)
    expect(dialog).to_have_accessible_description(step.text)
    expect(dialog).to_contain_text(f"Step {number} of {len(STEPS)}")
    expect(page).to_have_url(f"{get_origin(page)}{step.path}?tour={number}")


def assert_ended(page, path="/"):
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#tour-spotlight")).to_be_hidden()
    expect(page).to_have_url(f"{get_origin(page)}{path}")


def get_origin(page):
    url = urlsplit(page.url)
    return f"{url.scheme}://{url.netloc}"


def assert_points_at(page, name):
    page.wait_for_function(POINTS_AT, arg=[name, RIM])


def press(page, name):
    page.get_by_role("dialog").get_by_role("button", name=name).click()


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


def test_follows_a_resize(open_guide):
    push = "document.querySelector('h1').style.setProperty('padding-top', '300vw')"
    page = open_guide(2, script=AT_FIRST.format(push), reduced_motion="reduce")
    # As in a browser without scroll anchoring.
    page.evaluate("document.documentElement.style.setProperty('overflow-anchor', 'none')")
    for width, height in (PHONE, (900, 500), DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        assert_points_at(page, "search")
        page.wait_for_function(IN_VIEW, arg="#tour-spotlight")
        page.wait_for_function(IN_VIEW, arg="#tour-guide")


def test_follows_scrolling_and_growing_page(open_guide):
    page = open_guide(2, viewport=PHONE)
    page.evaluate("scrollBy({ top: 150, behavior: 'instant' })")
    assert_points_at(page, "search")
    page.evaluate("document.querySelector('h1').style.setProperty('padding-top', '99px')")
    assert_points_at(page, "search")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_dialog_does_not_cover_the_element(open_guide, viewport):
    page = open_guide(2, viewport=viewport)
    page.wait_for_function(APART, arg=["#tour-guide", "#tour-spotlight"])
    assert page.evaluate(IN_VIEW, "#tour-guide")


@pytest.mark.parametrize("number", [1, 2])
def test_makes_room_for_the_dialog_at_the_end_of_the_page(open_guide, number):
    element = f"[data-tour={STEPS[number - 1].element}]"
    grow = f"document.querySelector('{element}').style.setProperty('min-height', '560px')"
    page = open_guide(number, script=AT_FIRST.format(grow))
    page.wait_for_function(APART, arg=["#tour-guide", "#tour-spotlight"])
    page.wait_for_function(IN_VIEW, arg="#tour-spotlight")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("number", [1, 4])
def test_tall_element_can_be_scrolled_into_view(open_guide, number, viewport):
    element = f"[data-tour={STEPS[number - 1].element}]"
    grow = f"document.querySelector('{element}').style.setProperty('min-height', '1500px')"
    page = open_guide(number, viewport=viewport, script=AT_FIRST.format(grow))
    page.wait_for_function(APART, arg=["#tour-guide", "#tour-spotlight"])
    bottom = f"document.querySelector('{element}').getBoundingClientRect().bottom"
    page.evaluate(f"scrollBy({{ top: {bottom} - innerHeight + 400, behavior: 'instant' }})")
    page.wait_for_function(APART, arg=["#tour-guide", element])
    assert_points_at(page, STEPS[number - 1].element)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_padding_is_removed_at_the_end(open_guide, viewport):
    page = open_guide(6, viewport=viewport)
    height = "document.documentElement.scrollHeight"
    with_room = page.evaluate(height)
    press(page, "Done")
    assert_ended(page, STEPS[5].path)
    assert page.evaluate(height) <= with_room
    assert page.evaluate("document.body.style.paddingBottom") == ""


def test_scrolls_to_distant_element(open_guide):
    push = "document.querySelector('h1').style.setProperty('padding-top', '3000px')"
    page = open_guide(2, viewport=PHONE, script=AT_FIRST.format(push))
    page.wait_for_function(IN_VIEW, arg="#tour-spotlight")
    assert_points_at(page, "search")


@pytest.mark.parametrize(
    ("motion", "behavior"), [("reduce", "instant"), ("no-preference", "smooth")]
)
def test_respects_reduced_motion(open_guide, motion, behavior):
    page = open_guide(script=NOTE_SCROLLS, reduced_motion=motion)
    press(page, "Next")
    assert_at(page, 2)
    assert page.evaluate("scrolls") == [behavior, behavior]


@pytest.mark.parametrize("loss", ["remove()", "style.setProperty('display', 'none')"])
def test_centers_the_dialog_if_element_is_missing(open_guide, loss):
    page = open_guide(
        2, script=AT_FIRST.format(f"document.querySelector('[data-tour=search]').{loss}")
    )
    expect(page.locator("#tour-spotlight")).to_be_hidden()
    box = page.locator("#tour-guide").bounding_box()
    assert abs(box["x"] + box["width"] / 2 - DESKTOP[0] / 2) < 2
    assert abs(box["y"] + box["height"] / 2 - DESKTOP[1] / 2) < 2
    press(page, "Back")
    assert_points_at(page, "experts")
