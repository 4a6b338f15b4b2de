"""A user's browser: keeps the current page and reports requests to locust."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from locust.clients import HttpSession
from locust.exception import RescheduleTask

from load.pages import MissingError, Page

TIMEOUT: Final = 30  # seconds; above the limits of queue and statement together
Check = Callable[[Any], str]


def find_missing(*texts: str) -> Check:
    """Return a check that names the texts missing from a response."""
    return lambda response: ", ".join(text for text in texts if text not in response.text)


def compare_content(content: bytes) -> Check:
    return lambda response: "" if response.content == content else "the uploaded bytes"


class Browser:
    """Each request has a name for the table and a list of texts that the response must contain.

    A missing text, link or button counts as a failed request and raises RescheduleTask.
    """

    def __init__(self, client: HttpSession, ip_address: str) -> None:
        self._client = client
        self.page = Page("", "/")
        # Like a proxy with a connection per request.
        client.headers.update({"Connection": "close", "X-Forwarded-For": ip_address})
        client.trust_env = False

    def request(self, method: str, path: str, name: str, check: Check, **options: Any) -> Any:
        """Make a request, follow its redirects and return the response."""
        options |= {"name": name, "timeout": TIMEOUT, "catch_response": True}
        with self._client.request(method, path, **options) as response:
            status, missing = response.status_code, check(response)
            if status != 200 or missing:
                response.failure(str(response.error or f"status {status}, without {missing}"))
                raise RescheduleTask
        return response

    def open(self, path: str, name: str, *sees: str) -> None:
        response = self.request("GET", path, name, find_missing(*sees))
        self.page = Page(response.text, response.url)

    def follow(self, label: str, name: str, *sees: str) -> None:
        with self.report_missing(name):
            url = self.page.find_link(label)
        self.open(url, name, *sees)

    def press(self, label: str, name: str, /, *sees: str, files: Any = None, **values: str) -> None:
        with self.report_missing(name):
            button = self.page.find_button(label)
        fields = button.form.fill(**values)
        response = self.request(
            "POST", button.action, name, find_missing(*sees), data=fields, files=files
        )
        self.page = Page(response.text, response.url)

    @contextmanager
    def report_missing(self, name: str) -> Iterator[None]:
        """Report a missing link or button as a failure of the request."""
        try:
            yield
        except MissingError as error:
            self._client.request_event.fire(
                request_type="", name=name, response_time=0, response_length=0, exception=error
            )
            raise RescheduleTask from error
