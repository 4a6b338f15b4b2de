"""The guide on a page in Chromium: its step and what it points at."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from tours.steps import STEPS

RIM = 6
# Runs before the page's modules.
AT_FIRST = "document.addEventListener('readystatechange', () => {{ {} }}, {{ once: true }})"
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
