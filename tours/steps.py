"""The tour, step by step. Another step is another entry here, and a mark in its page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from django.urls import reverse


@dataclass(frozen=True)
class Step:
    """One stop: `element` is marked by `data-tour` in its page, `page` is that page's URL name."""

    title: str
    text: str
    element: str
    page: str

    @property
    def path(self) -> str:
        return reverse(self.page)

    def shown(self) -> dict[str, str]:
        """What the guide and the API get: the address in place of its name."""
        return asdict(self) | {"page": self.path}


STEPS: Final = (
    Step(
        title="Meet your experts",
        text="Each of them is an assistant for one field, ready to be asked.",
        element="experts",
        page="home",
    ),
    Step(
        title="Find the right one",
        text="Type a name or a topic, and the list shows only the experts that fit.",
        element="search",
        page="home",
    ),
    Step(
        title="Choose your favourites",
        text="Add the experts that you need most: from then on they stand first.",
        element="favourites",
        page="home",
    ),
    Step(
        title="Make yourself known",
        text="Your name, your picture, and what your assistants should know about you.",
        element="profile",
        page="profiles:profile",
    ),
    Step(
        title="Bring your files",
        text="Drop documents and pictures here, several at once. Only you can see them.",
        element="files",
        page="files:list",
    ),
    Step(
        title="Keep your account safe",
        text="Change your password here, or sign out of every browser at once.",
        element="account",
        page="accounts:account",
    ),
)

# How an address or a form names a step.
NUMBERS: Final = {str(number): number for number in range(1, len(STEPS) + 1)}
