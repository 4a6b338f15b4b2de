"""Comparison of responses and of what they cost."""

import re
from unittest.mock import patch

from django.contrib.auth.hashers import MD5PasswordHasher


class HashCounter:
    """Count the passwords hashed in the block."""

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
    """Return all that the client sees, without the e-mail address, the token and times."""
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    body = re.sub(r'data-wait="\d+"| at \d\d:\d\d UTC', "", body)
    return (
        response.status_code,
        response.headers.get("Location"),
        sorted(response.cookies),
        body.replace(email, "ADDRESS"),
    )
