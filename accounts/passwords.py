"""A validator for easily guessed variants of common passwords."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

SITE_NAME: Final = "ai4ceo"
# Characters used in place of letters; "1" replaces two.
SUBSTITUTIONS: Final = [str.maketrans("0345789@$!|+1", f"oeastbgasilt{one}") for one in "li"]
REPEATED: Final = re.compile(r"(.+?)\1+", re.DOTALL)
# Shorter labels of a host name occur in too many other words.
MIN_LABEL_LENGTH: Final = 4
# Limits the time of the check; longer passwords are not guessed.
MAX_CHECKED_LENGTH: Final = 128


class GuessablePasswordValidator:
    """Reject the site's name, and common passwords with added or substituted characters."""

    def validate(self, password: str, user: Any = None) -> None:
        text = unicodedata.normalize("NFKC", password[:MAX_CHECKED_LENGTH]).casefold()
        if any(name in form for name in list_site_names() for form in list_plain_forms(text)):
            raise ValidationError("The password contains the site's name.", "password_site_name")
        if any(form in load_common_passwords() for form in list_cores(text)):
            raise ValidationError(
                "This is a common password with something added. Try a few unrelated words.",
                "password_guessable",
            )

    def get_help_text(self) -> str:
        return (
            "Your password can\u2019t be a common word with digits or symbols added, or contain "
            "the site\u2019s name."
        )


@cache
def load_common_passwords() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def list_site_names() -> set[str]:
    labels = str(settings.SITE.hostname).split(".")[:-1]
    return {SITE_NAME} | {
        label for label in labels if len(label) >= MIN_LABEL_LENGTH and not label.isdigit()
    }


def list_plain_forms(text: str) -> set[str]:
    return {text, "".join(filter(str.isalnum, text))}


def list_cores(text: str) -> set[str]:
    """Return the words that may underlie the text, without additions and substitutions."""
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    found = {bare, *(form.translate(signs) for form in (text, bare) for signs in SUBSTITUTIONS)}
    found |= {"".join(filter(str.isalpha, form)) for form in found}
    found |= {again[1] for form in found if (again := REPEATED.fullmatch(form))}
    return found
