"""The steps of the tour. A new one needs an entry here and a `data-tour` attribute in its page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from django.urls import reverse


@dataclass(frozen=True)
class Step:
    """`element` is the `data-tour` attribute in the page with the URL name `page`."""

    title: str
    text: str
    element: str
    page: str

    @property
    def path(self) -> str:
        return reverse(self.page)

    def serialize(self) -> dict[str, str]:
        return asdict(self) | {"page": self.path}


STEPS: Final = (
    Step(
        title="Meet your experts",
        text="Each expert is an assistant for one field. Read here what it can help with.",
        element="experts",
        page="home",
    ),
    Step(
        title="Find the right one",
        text="Type a name or topic to see only the experts that match.",
        element="search",
        page="home",
    ),
    Step(
        title="Choose your favourites",
        text="Favourites come first in your list. Add the experts that you need most.",
        element="favourites",
        page="home",
    ),
    Step(
        title="Tell us about yourself",
        text="Add your name, an avatar and a few words about yourself.",
        element="profile",
        page="profiles:profile",
    ),
    Step(
        title="Add your files",
        text="Choose documents and images, several at once. Only you can see them.",
        element="files",
        page="files:list",
    ),
    Step(
        title="Keep your account safe",
        text="Change your email or password here. Further down you can sign out everywhere.",
        element="account",
        page="accounts:account",
    ),
)

# A URL or form gives the number as text.
NUMBERS: Final = {str(number): number for number in range(1, len(STEPS) + 1)}
