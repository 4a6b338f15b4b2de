"""The position of the guide's spotlight and dialog in Chromium."""

import pytest
from playwright.sync_api import expect

from config.tests.browser import DESKTOP, PHONE
from tours.steps import STEPS
from tours.tests.guide import (
    APART,
    AT_FIRST,
    IN_VIEW,
    assert_at,
    assert_ended,
    assert_points_at,
    press,
)

NOTE_SCROLLS = """window.scrolls = [];
const scroll = Element.prototype.scrollIntoView;
Element.prototype.scrollIntoView = function (how) {
    scrolls.push(how.behavior);
    scroll.call(this, how);
};
"""


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
