"""How often a mailed code may be guessed, however many guesses come at once."""

from __future__ import annotations

from django.core.cache import cache
from django.utils.crypto import salted_hmac


def take(email: str, code: str, *, most: int, seconds: int) -> bool:
    """Take one of the guesses at this code; False where none is left.

    Each guess is a row of its own, whose key the database gives to one request only. The count
    in the session is read and written back by each request, so that of many at once few count.
    """
    key = salted_hmac("accounts.code_attempts", f"{email}\n{code}", algorithm="sha256").hexdigest()
    return any(cache.add(f"guess:{key}:{number}", 1, seconds) for number in range(most))
