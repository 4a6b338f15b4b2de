"""Passwords that are guessed first, though no list contains them as they are."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

NAME: Final = "ai4ceo"
# What stands for a letter; 1 stands for two.
SIGNS: Final = [str.maketrans("0345789@$!|+1", f"oeastbgasilt{one}") for one in "li"]
REPEATED: Final = re.compile(r"(.+?)\1+", re.DOTALL)
# Shorter labels of a host name stand in too many other words.
SHORTEST_NAME: Final = 4
# Nobody guesses longer ones, and the time to look at one stays small.
LONGEST_READ: Final = 128


class GuessablePasswordValidator:
    """Refuse the site's name, and common passwords with signs around or in place of letters."""

    def validate(self, password: str, user: Any = None) -> None:
        text = unicodedata.normalize("NFKC", password[:LONGEST_READ]).casefold()
        if any(name in form for name in site_names() for form in plain_forms(text)):
            raise ValidationError("The password contains the site's name.", "password_site_name")
        if any(form in common_passwords() for form in cores(text)):
            raise ValidationError(
                "This is a common password with something added. Try a few unrelated words.",
                "password_guessable",
            )

    def get_help_text(self) -> str:
        return (
            "Your password can\u2019t be a common word with digits or signs added, nor contain "
            "the site\u2019s name."
        )


@cache
def common_passwords() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def site_names() -> set[str]:
    labels = str(settings.SITE.hostname).split(".")[:-1]
    return {NAME} | {
        label for label in labels if len(label) >= SHORTEST_NAME and not label.isdigit()
    }


def plain_forms(text: str) -> set[str]:
    """The text as it is and without what stands between its letters and digits."""
    return {text, "".join(filter(str.isalnum, text))}


def cores(text: str) -> set[str]:
    """What stays of the text without digits and signs at its ends, and with letters for signs."""
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    found = {bare, *(form.translate(signs) for form in (text, bare) for signs in SIGNS)}
    found |= {"".join(filter(str.isalpha, form)) for form in found}
    found |= {again[1] for form in found if (again := REPEATED.fullmatch(form))}
    return found
