"""The list of files with JavaScript: refresh, delete, search, order."""

import re

from django.utils import timezone
from playwright.sync_api import expect

from accounts.tests.people import make_user
from config.tests.browser import PHONE
from files.models import File
from files.tests.rows import make_row
from files.tests.uploads_page import Uploads, text


def test_outdated_list_does_not_show_deleted_files(signed_in_page):
    user = make_user()
    make_row(user, name="a.txt")
    uploads = Uploads(signed_in_page(user))
    held, page = [], uploads.page

    def hold_the_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/files/?*", hold_the_first)
    with page.expect_request("**/files/?*"):
        uploads.choose(text("b.txt"))
    expect(uploads.status).to_have_text("1 file uploaded.")
    (route,) = held
    before = route.fetch()
    page.get_by_role("button", name="Delete a.txt").click()
    expect(page.get_by_role("button", name="Undo deleting a.txt")).to_be_visible()
    route.fulfill(response=before)
    uploads.lists("b.txt")


def test_deleting_a_file_offers_undo_in_its_row(signed_in_page):
    user = make_user()
    make_row(user, name="a.txt")
    page = signed_in_page(user)
    page.goto("/files/")
    page.get_by_role("button", name="Delete a.txt").click()
    undo = page.get_by_role("button", name="Undo deleting a.txt")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(page.get_by_role("button", name="Delete a.txt")).to_be_focused()
    assert not File.objects.get().is_deleted


def test_searches_and_sorts_without_submitting(open_uploads):
    uploads = open_uploads()
    uploads.choose(text("b.txt"), text("a.txt"), text("other.md"))
    expect(uploads.status).to_have_text("3 files uploaded.")
    uploads.page.get_by_label("Search by name").press_sequentially("txt")
    uploads.page.get_by_label("Sort").select_option("Name")
    uploads.lists("a.txt", "b.txt")
    expect(uploads.page).to_have_url(re.compile(r"q=txt&sort=name"))
    expect(uploads.page.get_by_label("Search by name")).to_have_value("txt")


def test_trash_fits_a_phone_with_large_text(signed_in_page):
    make_row(user := make_user(), name="a.pdf", deleted_at=timezone.now())
    page = signed_in_page(user, viewport=PHONE)
    page.goto("/files/?deleted=1")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.locator(".file-words p").evaluate_all(
        "(all) => all.every((one) => one.scrollWidth <= one.clientWidth)"
    )


def test_count_of_deleted_files_is_next_to_the_button(signed_in_page):
    make_row(user := make_user(), deleted_at=timezone.now())
    page = signed_in_page(user)
    page.goto("/files/?deleted=1")
    number = page.get_by_text("1 file", exact=True).bounding_box()
    button = page.get_by_role("link", name="Delete all for good").bounding_box()
    assert button["x"] - (number["x"] + number["width"]) < 30
