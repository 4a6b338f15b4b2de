"""TLS termination in HAProxy. Pure; for HAProxy 2.6 and later."""

from __future__ import annotations

from typing import Final

from config.proxy.backends import Section
from config.proxy.policy import REQUEST_TIMEOUT, Paths, Proxy
from config.proxy.quoting import escape_word, escape_words, format_host

# Mozilla's "intermediate" list, for clients of the last ten years, without its DHE ciphers: only
# older clients need them, and their handshakes cost the server most.
CIPHERS: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
TLS_1_3_CIPHERS: Final = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
)
# Per HTTP/2 connection. Each stream may hold a buffer, like an HTTP/1.1 connection, of which
# browsers open six.
MAX_STREAMS: Final = 10
CURVES: Final = ("X25519", "prime256v1", "secp384r1")


def render_global(proxy: Proxy) -> Section:
    if not proxy.tls_certificates:
        return []
    return [
        f"ssl-default-bind-ciphers {':'.join(CIPHERS)}",
        f"ssl-default-bind-ciphersuites {':'.join(TLS_1_3_CIPHERS)}",
        f"ssl-default-bind-curves {':'.join(CURVES)}",
        "ssl-default-bind-options prefer-client-ciphers ssl-min-ver TLSv1.2 no-tls-tickets",
        # The key is in the same file; errors then name that file.
        "ssl-load-extra-files none",
        f"tune.h2.max-concurrent-streams {MAX_STREAMS}",
    ]


def render_listener(proxy: Proxy) -> Section:
    if not proxy.tls_certificates:
        return []
    certificates = " ".join(f"crt {escape_word(path)}" for path in proxy.tls_certificates)
    return [f"bind {format_host(proxy.bind)}:{proxy.tls_port} ssl {certificates} alpn h2,http/1.1"]


def render_redirect(proxy: Proxy, paths: Paths) -> Section:
    """Redirect to the site's own origin; the client controls the Host header."""
    if not proxy.is_https:
        return []
    exempt = escape_words((paths.health, paths.ready))
    return [
        f"http-request redirect prefix {escape_word(proxy.origin.replace('%', '%%'))} code 301 "
        f"unless {{ var(txn.proto) -m str https }} or {{ path {exempt} }}"
    ]


def render_trial(proxy: Proxy) -> str:
    """Render a minimal file with which HAProxy can check the certificates."""
    sections = {
        "global": render_global(proxy),
        "defaults": ["mode http", f"timeout client {REQUEST_TIMEOUT}s"],
        "frontend tls": render_listener(proxy),
    }
    return "".join(
        f"{name}\n" + "".join(f"    {line}\n" for line in lines) for name, lines in sections.items()
    )
