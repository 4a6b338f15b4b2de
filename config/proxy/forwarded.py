"""Forwarding headers: only trusted proxies may set the IP address, protocol and id. Pure."""

from __future__ import annotations

from typing import Final

from config.lib.request_ids import HEADER, PATTERN
from config.proxy.backends import Section
from config.proxy.policy import Proxy
from config.proxy.quoting import delete_headers, escape_words

# Trusted proxies in a row.
MAX_PROXIES: Final = 5
FORWARDING_HEADERS: Final = ("Forwarded", "X-Real-IP", "X-Request-Start")
# Some proxies send IPv6 addresses in brackets, with a port.
STRIP_BRACKETS: Final = r"http-request replace-value X-Forwarded-For '^\[([^]]+)\](:[0-9]+)?$' '\1'"


def render_rules(proxy: Proxy) -> Section:
    return [
        *_render_protocol(proxy),
        *_render_request_id(proxy),
        *_render_client_ip(proxy),
        *_render_headers(),
    ]


def _render_protocol(proxy: Proxy) -> Section:
    rules = ["http-request set-var(txn.proto) str(http)"]
    if proxy.tls_certificates:
        rules.append("http-request set-var(txn.proto) str(https) if { ssl_fc }")
    if proxy.trusted_proxies:
        rules.append(f"acl from_proxy src {escape_words(proxy.trusted_proxies)}")
        rules += [
            f"http-request set-var(txn.proto) str({name}) "
            f"if from_proxy {{ req.hdr(X-Forwarded-Proto,-1) -m str -i {name} }}"
            for name in ("http", "https")
        ]
    return rules


def _render_request_id(proxy: Proxy) -> Section:
    """Make an id, or take the trusted proxy's. Runs before the client's IP address is set."""
    rules = ["http-request set-var(txn.request_id) uuid"]
    if proxy.trusted_proxies:
        header, pattern = f"req.fhdr({HEADER})", f"^{PATTERN}$"
        rules.append(
            f"http-request set-var(txn.request_id) {header} if from_proxy "
            f"{{ {header} -m reg {pattern} }} {{ req.fhdr_cnt({HEADER}) 1 }}"
        )
    return rules


def _render_client_ip(proxy: Proxy) -> Section:
    """Walk X-Forwarded-For from its end to the first IP address that is no trusted proxy.

    Stop at an invalid entry: the client may have forged what precedes it.
    """
    if not proxy.trusted_proxies:
        return []
    rules = [STRIP_BRACKETS, "http-request set-var(txn.hops) int(0)"]
    for hop in range(1, MAX_PROXIES + 1):
        header = f"hdr_ip(X-Forwarded-For,-{hop})"
        rules += [
            f"http-request set-var(txn.hops) int({hop}) if from_proxy "
            f"{{ var(txn.hops) -m int {hop - 1} }} {{ {header} -m found }}",
            f"http-request set-src {header} if {{ var(txn.hops) -m int {hop} }}",
        ]
    return rules


def _render_headers() -> Section:
    return [
        "http-request del-header X-Forwarded- -m beg",
        *delete_headers(FORWARDING_HEADERS),
        "http-request set-header X-Forwarded-For %[src]",
        "http-request set-header X-Forwarded-Proto %[var(txn.proto)]",
        f"http-request set-header {HEADER} %[var(txn.request_id)]",
    ]
