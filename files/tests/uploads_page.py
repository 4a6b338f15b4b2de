"""The page with the list of files in Chromium."""

from playwright.sync_api import expect

UPLOAD_URL = "**/api/files/upload"


def text(name, content=b"hello\n"):
    return {"name": name, "mimeType": "text/plain", "buffer": content}


class Uploads:
    """The page with the list of files and its upload rows."""

    def __init__(self, page):
        self.page = page
        self.held, self.holding = [], True
        page.goto("/files/")
        self.rows = page.get_by_role("region", name="Uploads")
        self.status = self.rows.get_by_role("status")

    def choose(self, *files):
        self.page.get_by_label("Upload files").set_input_files(list(files))

    def press(self, name):
        self.rows.get_by_role("button", name=name, exact=True).press("Enter")

    def hold(self):
        """Keep the uploads waiting for a response."""

        def handle(route):
            if self.holding:
                self.held.append(route)
            else:
                route.continue_()

        self.page.route(UPLOAD_URL, handle)

    def release_next(self):
        """Let later uploads through.

        Without the route, Chromium would send even held requests that the page has just cancelled.
        """
        self.holding = False

    def answer_with(self, **answer):
        self.page.route(UPLOAD_URL, lambda route: route.fulfill(**answer))

    def lists(self, *names):
        expect(self.page.locator("#files bdi")).to_have_text(list(names))
