"""A limit for guesses at a mailed code that also holds for concurrent requests."""

from __future__ import annotations

from django.core.cache import cache
from django.utils.crypto import salted_hmac


def use_guess(email: str, code: str, *, max_guesses: int, seconds: int) -> bool:
    """Use one guess at the code; return False if none is left.

    Each guess is a cache key that only one request can add. The count in the session is no limit:
    concurrent requests overwrite each other's.
    """
    key = salted_hmac("accounts.code_attempts", f"{email}\n{code}", algorithm="sha256").hexdigest()
    return any(cache.add(f"guess:{key}:{number}", 1, seconds) for number in range(max_guesses))
