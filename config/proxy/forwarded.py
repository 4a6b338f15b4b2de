"""Whose request it is, and by which protocol: what a named proxy says, and nobody else. Pure."""

from __future__ import annotations

from typing import Final

from config.proxy.backends import Section
from config.proxy.policy import Front
from config.proxy.quoting import without, words

# How often a trusted proxy may stand behind another one.
CHAIN: Final = 5
CLAIMS: Final = ("Forwarded", "X-Real-IP", "X-Request-Start")
# Some put brackets around IPv6, and the port after them.
BARE: Final = r"http-request replace-value X-Forwarded-For '^\[([^]]+)\](:[0-9]+)?$' '\1'"


def rules(front: Front) -> Section:
    return [*_protocol(front), *_address(front), *_headers()]


def _protocol(front: Front) -> Section:
    rules = ["http-request set-var(txn.proto) str(http)"]
    if front.tls_certificates:
        rules.append("http-request set-var(txn.proto) str(https) if { ssl_fc }")
    if front.trusted_proxies:
        rules.append(f"acl from_proxy src {words(front.trusted_proxies)}")
        rules += [
            f"http-request set-var(txn.proto) str({name}) "
            f"if from_proxy {{ req.hdr(X-Forwarded-Proto,-1) -m str -i {name} }}"
            for name in ("http", "https")
        ]
    return rules


def _address(front: Front) -> Section:
    """Each proxy names the one before it, from the last to the first that is none of ours.

    After a name that is no address whatever stands before it may be anybody's word.
    """
    if not front.trusted_proxies:
        return []
    rules = [BARE, "http-request set-var(txn.hops) int(0)"]
    for place in range(1, CHAIN + 1):
        named = f"hdr_ip(X-Forwarded-For,-{place})"
        rules += [
            f"http-request set-var(txn.hops) int({place}) if from_proxy "
            f"{{ var(txn.hops) -m int {place - 1} }} {{ {named} -m found }}",
            f"http-request set-src {named} if {{ var(txn.hops) -m int {place} }}",
        ]
    return rules


def _headers() -> Section:
    return [
        "http-request del-header X-Forwarded- -m beg",
        *without(CLAIMS),
        "http-request set-header X-Forwarded-For %[src]",
        "http-request set-header X-Forwarded-Proto %[var(txn.proto)]",
    ]
