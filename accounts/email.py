"""Normalization of e-mail addresses."""

from __future__ import annotations

import idna

# Longer domains are invalid, and slow to encode.
MAX_DOMAIN_LENGTH = 254


def normalize_email(email: str) -> str:
    """Return the e-mail address in lower case, with an ASCII domain without a trailing dot.

    Browsers and mail servers use the ASCII form of international domains.
    """
    local, at, domain = email.strip().lower().rpartition("@")
    return f"{local}{at}{encode_domain(domain)}" if at else domain


def encode_domain(domain: str) -> str:
    """Return the domain in its ASCII form, or unchanged if it is invalid."""
    if len(domain) > MAX_DOMAIN_LENGTH:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode().rstrip(".")
    except (idna.IDNAError, UnicodeError):
        return domain.rstrip(".")
