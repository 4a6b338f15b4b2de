"""A user's whole visit, from sign-up to sign-out, in Chromium."""

import io
import re

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import expect

from accounts.tests.people import PASSWORD
from config.tests.browser import DESKTOP, PHONE
from config.tests.processes import manage
from onboarding.tests.experts import make_experts
from tours.steps import STEPS

SIZES = {"phone": PHONE, "desktop": DESKTOP}


def make_image(kind):
    stream = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(stream, kind)
    return stream.getvalue()


AVATAR = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": make_image("JPEG")}
NOTES = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Ask about the budget.\n"}
HARBOUR = {"name": "harbour.png", "mimeType": "image/png", "buffer": make_image("PNG")}
BROKEN = {"name": "broken.png", "mimeType": "image/png", "buffer": make_image("PNG")[:200]}


def get_code(address):
    with manage("send_mail", "--once") as sending:
        assert "0 attempts failed" in sending.communicate(timeout=60)[0]
    mails = sorted((settings.VAR_DIR / "mail").glob("*.eml"))
    text = next(text for mail in reversed(mails) if f"To: {address}" in (text := mail.read_text()))
    return re.search(r"^ +([A-Z]{4}-[A-Z]{4})$", text, re.MULTILINE)[1]


class Journey:
    """Ada's browser and what she does in it."""

    def __init__(self, page, address):
        self.page, self.address = page, address

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name):
        self.page.get_by_role("link", name=name, exact=True).click()

    def visit(self, name):
        self.page.get_by_role("navigation", name="Site").get_by_role("link", name=name).click()

    def expect_text(self, heading):
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible()

    def expect_message(self, message):
        expect(self.page.get_by_role("status").filter(has_text=message)).to_be_visible()

    def sign_up(self):
        self.page.goto("/")
        self.follow("Create an account")
        self.page.get_by_label("Email").fill(self.address)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Sign up")
        self.expect_text("Check your email")
        self.page.get_by_label("Code").fill(get_code(self.address))
        self.press("Confirm")

    def onboard(self):
        self.expect_text("What should we call you?")
        self.page.get_by_label("Name").fill("Ada Lovelace")
        self.press("Continue")
        self.expect_text("How do you want your assistant to be?")
        self.follow("Back")
        expect(self.page.get_by_label("Name")).to_have_value("Ada Lovelace")
        self.press("Skip")
        self.page.get_by_label("Concise").check()
        self.page.get_by_label("Direct").check()
        self.press("Continue")
        self.expect_text("Which experts do you want to start with?")
        self.page.get_by_label("Expert 004").check()
        self.press("Finish")
        self.expect_message("You are all set.")
        first = (
            self.page.get_by_role("main")
            .get_by_role("listitem")
            .filter(has=self.page.locator("h2"))
        )
        expect(first.first).to_contain_text("Expert 004")

    def take_the_tour(self):
        self.press("Start")
        for step in STEPS:
            expect(self.page.get_by_role("dialog", name=step.title)).to_be_visible()
            self.press("Done" if step is STEPS[-1] else "Next")
        expect(self.page.get_by_role("dialog")).to_be_hidden()

    def read_the_tour(self):
        self.press("Start")
        self.follow("read the tour")
        for step in STEPS:
            self.expect_text(step.title)

    def edit_the_profile(self):
        self.visit("Profile")
        self.page.get_by_label("New avatar").set_input_files([AVATAR])
        self.page.get_by_label("Bio").fill("Writes the notes.")
        self.page.get_by_label("Time zone").fill("Asia/Tokyo")
        self.press("Save the profile")
        self.expect_message("Your profile is saved.")
        expect(self.page.get_by_label("Bio")).to_have_value("Writes the notes.")
        expect(self.page.get_by_role("main").locator("img.avatar")).to_be_visible()

    def upload_three_files(self):
        self.visit("Files")
        self.expect_text("No files yet")
        self.page.get_by_label("Upload files").set_input_files([NOTES, BROKEN, HARBOUR])

    def filter_files(self):
        expect(self.page.get_by_text("This image is damaged or incomplete.").first).to_be_visible()
        expect(self.page.get_by_role("link", name="Download notes.txt")).to_be_visible()
        expect(self.page.get_by_role("link", name="Download harbour.png")).to_be_visible()
        expect(self.page.get_by_role("link", name="Download broken.png")).to_have_count(0)
        expect(self.page.get_by_alt_text("Preview of harbour.png")).to_be_visible()

    def delete_and_restore_one(self):
        self.press("Delete notes.txt")
        self.expect_message(re.compile("Deleted notes.txt|“notes.txt” deleted."))
        self.expect_message("1 file")
        expect(self.page.get_by_role("link", name="Download notes.txt")).to_have_count(0)
        self.page.get_by_role("link", name=re.compile("^Deleted")).click()
        self.press("Restore notes.txt")
        self.expect_message("“notes.txt” restored.")
        self.visit("Files")
        expect(self.page.get_by_role("link", name="Download notes.txt")).to_be_visible()

    def sign_out(self):
        self.press("Sign out")
        expect(self.page.get_by_role("link", name="Sign in").first).to_be_visible()
        self.page.goto("/files/")
        expect(self.page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_from_sign_up_to_sign_out(open_page, size, scheme):
    make_experts(5)
    # Chromium logs the status of the rejected upload.
    page = open_page(viewport=SIZES[size], scheme=scheme, refusals={422})
    ada = Journey(page, f"{size}.{scheme}@example.org")
    ada.sign_up()
    ada.onboard()
    ada.take_the_tour()
    ada.edit_the_profile()
    ada.upload_three_files()
    ada.filter_files()
    ada.delete_and_restore_one()
    ada.sign_out()


def test_from_sign_up_to_sign_out_without_javascript(open_page):
    make_experts(5)
    ada = Journey(open_page(java_script_enabled=False, refusals={422}), "plain@example.org")
    ada.sign_up()
    ada.onboard()
    ada.read_the_tour()
    ada.edit_the_profile()
    ada.upload_three_files()
    ada.press("Upload")
    ada.filter_files()
    ada.delete_and_restore_one()
    ada.sign_out()
