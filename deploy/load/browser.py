"""One person's browser: it keeps the page that is open, and counts every request for locust."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from locust.clients import HttpSession
from locust.exception import RescheduleTask

from load.pages import MissingError, Page

TIMEOUT: Final = 30  # seconds; longer than the queue and a statement may take together
Fault = Callable[[Any], str]


def lacks(*texts: str) -> Fault:
    """What of these an answer does not have."""
    return lambda answer: ", ".join(text for text in texts if text not in answer.text)


def differs_from(content: bytes) -> Fault:
    return lambda answer: "" if answer.content == content else "the bytes that were uploaded"


class Browser:
    """Each request has a name for the table, and says what the answer has to show.

    Where that is missing, or the link or button that leads there, the request is counted as
    failed and RescheduleTask raised: the person turns to something else.
    """

    def __init__(self, client: HttpSession, address: str) -> None:
        self._client = client
        self.page = Page("", "/")
        # As a proxy does that passes each request on by a connection of its own.
        client.headers.update({"Connection": "close", "X-Forwarded-For": address})
        client.trust_env = False

    def ask(self, method: str, path: str, name: str, fault: Fault, **options: Any) -> Any:
        """One request, its redirects included, and the answer."""
        options |= {"name": name, "timeout": TIMEOUT, "catch_response": True}
        with self._client.request(method, path, **options) as answer:
            status, missing = answer.status_code, fault(answer)
            if status != 200 or missing:
                answer.failure(str(answer.error or f"status {status}, without {missing}"))
                raise RescheduleTask
        return answer

    def open(self, path: str, name: str, *sees: str) -> None:
        answer = self.ask("GET", path, name, lacks(*sees))
        self.page = Page(answer.text, answer.url)

    def follow(self, label: str, name: str, *sees: str) -> None:
        with self.counted(name):
            address = self.page.link(label)
        self.open(address, name, *sees)

    def press(
        self, label: str, name: str, /, *sees: str, files: Any = None, **answers: str
    ) -> None:
        """Fill in the button's form and send it; see the page that this leads to."""
        with self.counted(name):
            button = self.page.button(label)
        fields = button.form.filled(**answers)
        answer = self.ask("POST", button.action, name, lacks(*sees), data=fields, files=files)
        self.page = Page(answer.text, answer.url)

    @contextmanager
    def counted(self, name: str) -> Iterator[None]:
        """What is missing inside is a failure of the request that would have come."""
        try:
            yield
        except MissingError as error:
            self._client.request_event.fire(
                request_type="", name=name, response_time=0, response_length=0, exception=error
            )
            raise RescheduleTask from error
