"""Uploads with JavaScript: chosen, dropped, pasted; progress, cancel, errors."""

import pytest
from django.db import transaction

from accounts.models import User
from config.tests.browser import DESKTOP, PHONE
from files.models import File
from files.tests.uploads_page import UPLOAD_URL, text

expect = pytest.importorskip("playwright.sync_api").expect

DROP = """([type, names]) => {
    const transfer = new DataTransfer();
    for (const name of names) transfer.items.add(new File(["dropped"], name));
    document.body.dispatchEvent(new DragEvent(type,
        { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""
PASTE = """() => {
    const clipboard = new DataTransfer();
    clipboard.items.add(new File(["pasted"], "pasted.txt"));
    document.body.dispatchEvent(new ClipboardEvent("paste",
        { clipboardData: clipboard, bubbles: true, cancelable: true }));
}"""


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")])
def test_uploads_chosen_files_and_explains_invalid_ones(open_uploads, viewport, scheme):
    uploads = open_uploads(viewport=viewport, scheme=scheme, refusals={422})
    uploads.choose(text("a.txt"), text("tool.exe", b"MZ\0"), text("b.txt"))
    expect(uploads.status).to_contain_text("2 files uploaded. tool.exe: This file type")
    expect(uploads.rows.get_by_role("listitem")).to_have_count(1)
    expect(uploads.page.locator("#files bdi")).to_have_count(2)
    expect(uploads.page.locator("#quota")).to_contain_text("12 bytes of")


def test_keeps_search_and_order_after_refreshing_the_list(open_uploads):
    uploads = open_uploads()
    uploads.page.goto("/files/?q=tax&sort=name")
    uploads.choose(text("tax b.txt"), text("notes.txt"), text("tax a.txt"))
    uploads.lists("tax a.txt", "tax b.txt")
    expect(uploads.page.get_by_label("Search by name")).to_have_value("tax")


def test_uploads_dropped_files(open_uploads):
    uploads = open_uploads()
    uploads.page.evaluate(DROP, ["dragover", ["dropped.txt"]])
    expect(uploads.page.locator("html")).to_have_class("dropping")
    uploads.page.evaluate(DROP, ["drop", ["dropped.txt"]])
    expect(uploads.page.locator("html")).not_to_have_class("dropping")
    uploads.lists("dropped.txt")


def test_uploads_pasted_files(open_uploads):
    uploads = open_uploads()
    uploads.page.evaluate(PASTE)
    uploads.lists("pasted.txt")


def test_runs_three_uploads_with_progress(open_uploads):
    uploads = open_uploads()
    uploads.hold()
    uploads.choose(*[text(f"{number}.txt") for number in range(5)])
    expect(uploads.status).to_have_text("Uploading 5 files …")
    expect(uploads.rows.get_by_role("progressbar")).to_have_count(5)
    expect(uploads.rows.get_by_text("Waiting", exact=True)).to_have_count(2)
    uploads.page.wait_for_timeout(0)
    assert len(uploads.held) == 3
    uploads.held[0].fulfill(status=201, json={})
    expect(uploads.rows.get_by_text("Waiting", exact=True)).to_have_count(1)


def test_cancel_stops_one_and_keeps_the_focus(open_uploads):
    uploads = open_uploads()
    uploads.hold()
    uploads.choose(text("a.txt"), text("b.txt"))
    uploads.press("Cancel a.txt")
    expect(uploads.rows.get_by_text("Cancelled")).to_have_count(1)
    expect(uploads.rows.get_by_role("button", name="Try again a.txt")).to_be_focused()
    uploads.press("Cancel b.txt")
    uploads.release_next()
    uploads.press("Try again a.txt")
    uploads.lists("a.txt")
    uploads.press("Dismiss b.txt")
    expect(uploads.rows.get_by_role("listitem")).to_have_count(0)
    expect(uploads.page.get_by_label("Upload files")).to_be_focused()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 401, "json": {"message": "Sign in first."}}, "Your session has ended."),
        ({"status": 403, "json": {"message": "CSRF"}}, "This page is out of date."),
        ({"status": 429, "body": ""}, "Too many uploads at once."),
        ({"status": 500, "json": {"message": "Something went wrong."}}, "Something went wrong."),
        ({"status": 502, "body": "<html>"}, "The server answered with an error (502)."),
        ({"status": 503, "body": ""}, "The site is busy."),
        ({"status": 503, "json": {"message": "Storage is away."}}, "Storage is away."),
    ],
)
def test_explains_temporary_errors_and_offers_a_retry(open_uploads, answer, words):
    uploads = open_uploads(refusals={answer["status"]})
    uploads.answer_with(**answer)
    uploads.choose(text("a.txt"))
    expect(uploads.rows.get_by_role("listitem").get_by_text(words)).to_be_visible()
    expect(uploads.status).to_contain_text(f"a.txt: {words}")
    sign_in = uploads.rows.get_by_role("link", name="Sign in again")
    expect(sign_in).to_be_visible(visible=answer["status"] == 401)
    uploads.page.unroute(UPLOAD_URL)
    uploads.press("Try again a.txt")
    uploads.lists("a.txt")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 413, "body": "<html>"}, "The file is too large."),
        ({"status": 413, "json": {"message": "Larger than that."}}, "Larger than that."),
        ({"status": 422, "json": {"fields": {"file": ["Too odd."]}}}, "Too odd."),
    ],
)
def test_explains_final_errors_without_a_retry(open_uploads, answer, words):
    uploads = open_uploads(refusals={answer["status"]})
    uploads.answer_with(**answer)
    uploads.choose(text("a.txt"))
    expect(uploads.rows.get_by_role("listitem").get_by_text(words)).to_be_visible()
    expect(uploads.rows.get_by_role("button")).to_have_text(["Dismiss"])


def test_sent_upload_cannot_be_cancelled(open_uploads):
    uploads = open_uploads()
    with transaction.atomic():
        list(User.objects.select_for_update())
        uploads.choose(text("a.txt"))
        expect(uploads.rows.get_by_text("Checking")).to_be_visible()
        expect(uploads.rows.get_by_role("progressbar")).to_be_visible()
        expect(uploads.rows.get_by_role("button")).to_have_count(0)
    uploads.lists("a.txt")


def test_continues_after_signing_in_in_another_tab(open_uploads):
    uploads = open_uploads(refusals={403})
    context = uploads.page.context
    (cookie,) = [one for one in context.cookies() if one["name"] == "csrftoken"]
    context.add_cookies([cookie | {"value": "x" * 32}])
    uploads.choose(text("a.txt"), text("b.txt"))
    expect(uploads.status).to_have_text("2 files uploaded.")
    uploads.page.get_by_role("button", name="Delete a.txt").click()
    expect(uploads.page.get_by_role("button", name="Delete a.txt")).to_have_count(0)


def test_sign_in_opens_a_tab_and_leaving_asks(open_uploads):
    uploads = open_uploads(refusals={401})
    uploads.answer_with(status=401, json={"message": "Sign in first."})
    uploads.choose(text("a.txt"))
    link = uploads.rows.get_by_role("link", name="Sign in again")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener")
    asked = []
    uploads.page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    uploads.page.reload()
    assert asked == ["beforeunload"]


def test_too_large_files_are_not_sent(open_uploads):
    uploads = open_uploads()
    large = text("large.txt", b"x" * 5_000_001)
    uploads.choose(large, *[text(f"{number}.txt") for number in range(10)])
    row = uploads.rows.get_by_role("listitem")
    expect(row.filter(has_text="large.txt")).to_contain_text("This file is larger than 5 MB.")
    expect(uploads.status).to_contain_text("10 files uploaded.")
    assert File.objects.count() == 10


def test_asks_before_leaving_during_uploads(open_uploads):
    uploads = open_uploads()
    uploads.hold()
    uploads.choose(text("a.txt"))
    expect(uploads.status).to_have_text("Uploading 1 file …")
    asked = []
    uploads.page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    uploads.page.reload()
    assert asked == ["beforeunload"]


def test_uploads_without_javascript(open_uploads):
    uploads = open_uploads(java_script_enabled=False, refusals={422})
    uploads.choose(text("a.txt"), text("tool.exe", b"MZ\0"))
    uploads.page.get_by_role("button", name="Upload", exact=True).click()
    expect(uploads.page.get_by_role("status").first).to_have_text("“a.txt” uploaded.")
    expect(
        uploads.page.locator(".errorlist").get_by_text("tool.exe: This file type")
    ).to_be_visible()
    uploads.lists("a.txt")
