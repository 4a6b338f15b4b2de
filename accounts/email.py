"""One spelling for each e-mail address."""

from __future__ import annotations

import idna

# Longer ones are no host names, and would only take time.
LONGEST_DOMAIN = 254


def normalised(email: str) -> str:
    """The address in lower case, an international domain in its ASCII form, without a last dot.

    Mail servers know the ASCII form; browsers send it for a field of type "email".
    """
    local, at, domain = email.strip().lower().rpartition("@")
    return f"{local}{at}{ascii_domain(domain)}" if at else domain


def ascii_domain(domain: str) -> str:
    """The domain as host names are looked up; as it is, where it cannot be one."""
    if len(domain) > LONGEST_DOMAIN:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode().rstrip(".")
    except (idna.IDNAError, UnicodeError):
        return domain.rstrip(".")
