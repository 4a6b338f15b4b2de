"""How much an answer costs, and what of it may differ between two answers."""

import re
from unittest.mock import patch

from django.contrib.auth.hashers import MD5PasswordHasher


class HashCounter:
    """Counts the passwords that are hashed while it is entered."""

    def __enter__(self):
        self.patch = patch.object(
            MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode
        )
        self.encode = self.patch.start()
        return self

    def __exit__(self, *exc_info):
        self.patch.stop()

    @property
    def count(self):
        return self.encode.call_count


def describe(response, *, email):
    """All that the visitor gets to see, without the address and the form's token."""
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    body = re.sub(r'data-wait="\d+"| at \d\d:\d\d UTC', "", body)
    return (
        response.status_code,
        response.headers.get("Location"),
        sorted(response.cookies),
        body.replace(email, "ADDRESS"),
    )
