"""What people do on the site, as locust runs it.

Everybody signs up, goes through the wizard and looks at the start page; then each does one thing
after the other, the weights in `tasks` saying how often. Between two pages they read or type for
a while, `wait_time`. What they send is what their forms hold, tokens included.
"""

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

from load.browser import Browser, differs_from, lacks
from load.catalogue import TOPICS
from load.pages import MissingError
from load.uploads import Upload, uploads
from tours.steps import STEPS

CODE: Final = re.compile(r"^ +([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)
FIRST_ADDRESS: Final = ipaddress.ip_address("10.0.0.1")
PASSWORD: Final = "a long walk in the rain"  # noqa: S105 - of the throw-away site
MAIL_WAIT: Final = 20.0  # seconds
ZONES: Final = ("Europe/Berlin", "Asia/Tokyo", "America/New_York")


def mailed_code(email: str) -> str:
    """The code in the newest mail to this address, which may be on its way still."""
    end = time.monotonic() + MAIL_WAIT
    while time.monotonic() < end:
        for mail in sorted((settings.VAR_DIR / "mail").glob("*.eml"), reverse=True):
            text = mail.read_text()
            if f"To: {email}\n" in text and (code := CODE.search(text)):
                return code[1]
        time.sleep(0.2)
    raise MissingError(f"no code was mailed to {email}")


class Person(HttpUser):  # type: ignore[misc]
    numbers = itertools.count()
    arriving = 0  # people who have come, and are not through the wizard yet

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.client.base_url = settings.SITE_URL  # whichever host locust's page was given
        number = next(self.numbers)
        self.email = f"person-{number}@example.org"
        # Limits of attempts hold for each address, and people have one of their own.
        self.browser = Browser(self.client, str(FIRST_ADDRESS + number))
        self.topics = itertools.cycle(TOPICS[number % len(TOPICS) :] + TOPICS)
        self.zones = itertools.cycle(ZONES)
        self.edits = itertools.count(1)
        self.drafts = uploads(number)
        self.uploaded: dict[str, Upload] = {}
        Person.arriving += 1
        ways = list(dict.fromkeys(self.tasks))
        self.first_way = ways[number % len(ways)]

    def on_start(self) -> None:
        """Become somebody with an account; then begin with another way than the one before did,
        so that a short run goes them all."""
        try:
            self.arrive()
            with suppress(RescheduleTask):
                self.first_way(self)
        except (RescheduleTask, StopUser):
            raise GreenletExit from None  # locust would log another one as an error

    def arrive(self) -> None:
        try:
            self.sign_up()
            self.go_through_the_wizard()
        finally:
            Person.arriving -= 1

    def sign_up(self) -> None:
        self.browser.open("/", "landing page", "The right expert for every decision")
        for stylesheet in self.browser.page.stylesheets:
            self.browser.ask("GET", stylesheet, "stylesheet", lacks("--"))
        self.browser.follow("Create an account", "sign-up page", "Create your account")
        self.wait()
        answers = {"email": self.email, "password1": PASSWORD}
        self.browser.press("Sign up", "sign up", "Check your email", self.email, **answers)
        self.wait()
        with self.browser.counted("confirm the address"):
            code = mailed_code(self.email)
        self.browser.press("Confirm", "confirm the address", "What should we call you?", code=code)

    def go_through_the_wizard(self) -> None:
        press, name = self.browser.press, "wizard: a step"
        press("Continue", name, "How do you want your assistant to be?", name="Ada Lovelace")
        self.wait()
        press("Continue", name, "Which experts do you want to start with?", traits="concise")
        expert = self.browser.page.unticked["experts"][0]
        self.wait()
        press("Finish", name, "You are all set.", "<h1>Experts</h1>", experts=expert)
        self.wait()

    # ---- the ways

    def browse(self) -> None:
        self.browser.open("/", "home", "<h1>Experts</h1>", "page 1 of")
        self.wait()
        self.browser.follow("Next", "home: next page", "<h1>Experts</h1>", "page 2 of")

    def search(self) -> None:
        """As the page's script does while somebody types."""
        topic = next(self.topics)
        path, headers = f"/?q={topic}", {"HX-Request": "true"}
        fault = lacks(f"for “{topic}”", f"<h2>{topic}")
        self.browser.ask("GET", path, "home: search", fault, headers=headers)

    def change_favourites(self) -> None:
        self.browser.open("/", "home", "<h1>Experts</h1>")
        for label in ("Add to favourites", "Remove from favourites"):
            self.wait()
            self.browser.press(label, "home: favourite", "Your favourites are updated.")

    def edit_the_profile(self) -> None:
        self.browser.open("/profile/", "profile", self.email)
        self.wait()
        answers = {"bio": f"Edited {next(self.edits)} times.", "timezone": next(self.zones)}
        sees = ("Your profile is saved.", self.email, *answers.values())
        self.browser.press("Save the profile", "profile: save", *sees, **answers)

    def upload(self) -> None:
        self.browser.open("/files/", "files", "<h1>Files</h1>")
        self.wait()
        draft = next(self.drafts)
        files = {"file": (draft.name, draft.content, draft.kind)}
        sees = (f"“{draft.name}” uploaded.", f'Download<span class="hidden-label"> {draft.name}')
        self.browser.press("Upload", "files: upload", *sees, files=files)
        self.uploaded[draft.name] = draft

    def one_of_the_files(self) -> Upload:
        """The newest, with the list open; who has none uploads one."""
        if not self.uploaded:
            self.upload()
        file = next(reversed(self.uploaded.values()))
        self.browser.open("/files/", "files", file.name)
        self.wait()
        return file

    def download(self) -> None:
        file = self.one_of_the_files()
        with self.browser.counted("files: download"):
            path = self.browser.page.link(f"Download {file.name}")
        self.browser.ask("GET", path, "files: download", differs_from(file.content))

    def delete_and_restore(self) -> None:
        name, browser = self.one_of_the_files().name, self.browser
        browser.press(f"Delete {name}", "files: delete", f"“{name}” deleted.")
        self.wait()
        browser.follow("Deleted", "files: trash", "<h1>Deleted files</h1>", name)
        self.wait()
        browser.press(f"Restore {name}", "files: restore", f"“{name}” restored.")

    def take_the_tour(self) -> None:
        self.browser.open("/tour/", "tour", *(step.title for step in STEPS))
        self.wait()
        self.browser.press("Start the guide", "tour: start", 'id="tour-guide"')

    def read_by_the_api(self) -> None:
        for path, sees in self.api.items():
            self.browser.ask("GET", path, f"GET {path}", lacks(sees))
        self.browser.ask("GET", "/api/profile", "GET /api/profile", lacks(self.email))

    def leave_and_return(self) -> None:
        self.browser.open("/account/", "account", self.email)
        self.browser.press("Sign out", "sign out", "<h1>Sign in</h1>")
        self.wait()
        answers = {"login": self.email, "password": PASSWORD}
        self.browser.press("Sign in", "sign in", "<h1>Experts</h1>", **answers)

    api = {"/api/experts": TOPICS[0], "/api/tour": '"tour"', "/api/files": '"files"'}
    tasks = {
        browse: 20,
        search: 20,
        change_favourites: 8,
        edit_the_profile: 6,
        upload: 6,
        download: 8,
        delete_and_restore: 4,
        take_the_tour: 3,
        read_by_the_api: 12,
        leave_and_return: 2,
    }
