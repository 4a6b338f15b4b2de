"""Simulated users, run by locust."""

from __future__ import annotations

import ipaddress
import itertools
import re
import time
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from gevent import GreenletExit
from locust import HttpUser
from locust.exception import RescheduleTask, StopUser

from load.browser import Browser, compare_content, find_missing
from load.catalogue import TOPICS
from load.pages import MissingError
from load.uploads import Upload, generate_uploads
from tours.steps import STEPS

CODE: Final = re.compile(r"^ +([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)
FIRST_IP_ADDRESS: Final = ipaddress.ip_address("10.0.0.1")
PASSWORD: Final = "a long walk in the rain"  # noqa: S105  for the throw-away site
MAIL_WAIT: Final = 20.0  # seconds
ZONES: Final = ("Europe/Berlin", "Asia/Tokyo", "America/New_York")


def wait_for_code(email: str) -> str:
    end = time.monotonic() + MAIL_WAIT
    while time.monotonic() < end:
        for mail in sorted((settings.VAR_DIR / "mail").glob("*.eml"), reverse=True):
            text = mail.read_text()
            if f"To: {email}\n" in text and (code := CODE.search(text)):
                return code[1]
        time.sleep(0.2)
    raise MissingError(f"no mail with a code to {email}")


class SiteUser(HttpUser):
    """Signs up, completes the wizard, then performs the weighted `tasks`.

    Pauses for `wait_time` between two pages, and submits forms with their current values.
    """

    numbers = itertools.count()
    arriving = 0  # users who have not completed the wizard

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.client.base_url = settings.SITE_URL  # ignores the host in locust's page
        number = next(self.numbers)
        self.email = f"user-{number}@example.org"
        # Rate limits are per IP address, so each user has its own.
        self.browser = Browser(self.client, str(FIRST_IP_ADDRESS + number))
        self.topics = itertools.cycle(TOPICS[number % len(TOPICS) :] + TOPICS)
        self.zones = itertools.cycle(ZONES)
        self.edits = itertools.count(1)
        self.drafts = generate_uploads(number)
        self.uploaded: dict[str, Upload] = {}
        SiteUser.arriving += 1
        tasks = list(dict.fromkeys(self.tasks))
        self.first_task = tasks[number % len(tasks)]

    def on_start(self) -> None:
        """Sign up; start with a different task per user, so that short runs cover all tasks."""
        try:
            self.arrive()
            with suppress(RescheduleTask):
                self.first_task(self)
        except (RescheduleTask, StopUser):
            raise GreenletExit from None  # locust logs other exceptions as errors

    def arrive(self) -> None:
        try:
            self.sign_up()
            self.complete_wizard()
        finally:
            SiteUser.arriving -= 1

    def sign_up(self) -> None:
        self.browser.open("/", "landing page", "The right expert for every decision")
        for stylesheet in self.browser.page.stylesheets:
            self.browser.request("GET", stylesheet, "stylesheet", find_missing("--"))
        self.browser.follow("Create an account", "sign-up page", "Create your account")
        self.wait()
        values = {"email": self.email, "password1": PASSWORD}
        self.browser.press("Sign up", "sign up", "Check your email", self.email, **values)
        self.wait()
        with self.browser.report_missing("confirm the e-mail"):
            code = wait_for_code(self.email)
        self.browser.press("Confirm", "confirm the e-mail", "What should we call you?", code=code)

    def complete_wizard(self) -> None:
        press, name = self.browser.press, "wizard: a step"
        press("Continue", name, "How do you want your assistant to be?", name="Ada Lovelace")
        self.wait()
        press("Continue", name, "Which experts do you want to start with?", traits="concise")
        expert = self.browser.page.unticked["experts"][0]
        self.wait()
        press("Finish", name, "You are all set.", "<h1>Experts</h1>", experts=expert)
        self.wait()

    # ---- tasks

    def browse(self) -> None:
        self.browser.open("/", "home", "<h1>Experts</h1>", "page 1 of")
        self.wait()
        self.browser.follow("Next", "home: next page", "<h1>Experts</h1>", "page 2 of")

    def search(self) -> None:
        """Search like the page's script does while the user types."""
        topic = next(self.topics)
        path, headers = f"/?q={topic}", {"HX-Request": "true"}
        check = find_missing(f"for “{topic}”", f"<h2>{topic}")
        self.browser.request("GET", path, "home: search", check, headers=headers)

    def change_favourites(self) -> None:
        self.browser.open("/", "home", "<h1>Experts</h1>")
        for label in ("Add to favourites", "Remove from favourites"):
            self.wait()
            self.browser.press(label, "home: favourite", "Your favourites are updated.")

    def edit_profile(self) -> None:
        self.browser.open("/profile/", "profile", self.email)
        self.wait()
        values = {"bio": f"Edited {next(self.edits)} times.", "timezone": next(self.zones)}
        sees = ("Your profile is saved.", self.email, *values.values())
        self.browser.press("Save the profile", "profile: save", *sees, **values)

    def upload(self) -> None:
        self.browser.open("/files/", "files", "<h1>Files</h1>")
        self.wait()
        draft = next(self.drafts)
        files = {"file": (draft.name, draft.content, draft.kind)}
        sees = (f"“{draft.name}” uploaded.", f'Download<span class="hidden-label"> {draft.name}')
        self.browser.press("Upload", "files: upload", *sees, files=files)
        self.uploaded[draft.name] = draft

    def open_newest_file(self) -> Upload:
        """Open the list and return the newest file; upload one if there is none."""
        if not self.uploaded:
            self.upload()
        file = next(reversed(self.uploaded.values()))
        self.browser.open("/files/", "files", file.name)
        self.wait()
        return file

    def download(self) -> None:
        file = self.open_newest_file()
        with self.browser.report_missing("files: download"):
            path = self.browser.page.find_link(f"Download {file.name}")
        self.browser.request("GET", path, "files: download", compare_content(file.content))

    def delete_and_restore(self) -> None:
        name, browser = self.open_newest_file().name, self.browser
        browser.press(f"Delete {name}", "files: delete", f"“{name}” deleted.")
        self.wait()
        browser.follow("Deleted", "files: trash", "<h1>Deleted files</h1>", name)
        self.wait()
        browser.press(f"Restore {name}", "files: restore", f"“{name}” restored.")

    def start_tour(self) -> None:
        self.browser.open("/tour/", "tour", *(step.title for step in STEPS))
        self.wait()
        self.browser.press("Start the guide", "tour: start", 'id="tour-guide"')

    def read_api(self) -> None:
        for path, sees in self.api.items():
            self.browser.request("GET", path, f"GET {path}", find_missing(sees))
        self.browser.request("GET", "/api/profile", "GET /api/profile", find_missing(self.email))

    def sign_out_and_in(self) -> None:
        self.browser.open("/account/", "account", self.email)
        self.browser.press("Sign out", "sign out", "<h1>Sign in</h1>")
        self.wait()
        values = {"login": self.email, "password": PASSWORD}
        self.browser.press("Sign in", "sign in", "<h1>Experts</h1>", **values)

    api = {"/api/experts": TOPICS[0], "/api/tour": '"tour"', "/api/files": '"files"'}
    tasks = {
        browse: 20,
        search: 20,
        change_favourites: 8,
        edit_profile: 6,
        upload: 6,
        download: 8,
        delete_and_restore: 4,
        start_tour: 3,
        read_api: 12,
        sign_out_and_in: 2,
    }
