"""TLS, which HAProxy ends where the site has certificates. Pure; for HAProxy 2.6 and later."""

from __future__ import annotations

from typing import Final

from config.proxy.backends import Section
from config.proxy.policy import PATIENCE, Front, Paths
from config.proxy.quoting import host, word, words

# Mozilla's "intermediate": whatever has come out in the last ten years. Without its DHE ciphers,
# which only older clients need and whose handshakes cost the server most.
CIPHERS: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
CIPHERS_OF_TLS_1_3: Final = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
)
# Requests at once on an HTTP/2 connection: each may hold a buffer, as a connection of HTTP/1.1,
# of which browsers open six.
STREAMS: Final = 10
CURVES: Final = ("X25519", "prime256v1", "secp384r1")


def defaults(front: Front) -> Section:
    """Lines of `global`."""
    if not front.tls_certificates:
        return []
    return [
        f"ssl-default-bind-ciphers {':'.join(CIPHERS)}",
        f"ssl-default-bind-ciphersuites {':'.join(CIPHERS_OF_TLS_1_3)}",
        f"ssl-default-bind-curves {':'.join(CURVES)}",
        "ssl-default-bind-options prefer-client-ciphers ssl-min-ver TLSv1.2 no-tls-tickets",
        # The key stands in the same file, and an error names that one.
        "ssl-load-extra-files none",
        f"tune.h2.max-concurrent-streams {STREAMS}",
    ]


def listener(front: Front) -> Section:
    if not front.tls_certificates:
        return []
    certificates = " ".join(f"crt {word(path)}" for path in front.tls_certificates)
    return [f"bind {host(front.bind)}:{front.tls_port} ssl {certificates} alpn h2,http/1.1"]


def redirect(front: Front, paths: Paths) -> Section:
    """To the site's own origin: the Host header is the sender's choice."""
    if not front.is_https:
        return []
    exempt = words((paths.health, paths.ready))
    return [
        f"http-request redirect prefix {word(front.origin.replace('%', '%%'))} code 301 "
        f"unless {{ var(txn.proto) -m str https }} or {{ path {exempt} }}"
    ]


def trial(front: Front) -> str:
    """A file of the listener alone, for HAProxy to judge the certificates by."""
    sections = {
        "global": defaults(front),
        "defaults": ["mode http", f"timeout client {PATIENCE}s"],
        "frontend tls": listener(front),
    }
    return "".join(
        f"{name}\n" + "".join(f"    {line}\n" for line in lines) for name, lines in sections.items()
    )
