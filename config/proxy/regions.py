"""HAProxy in several regions: which one answers, and the way to the primary's. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from config.lib.environment import bracket_ipv6, is_network
from config.proxy.backends import Section
from config.proxy.policy import RESPONSE_TIMEOUT, Paths, Proxy
from config.proxy.quoting import escape_word, escape_words

PATH: Final = "/region"
HEADER: Final = "X-Region"
TEXT: Final = "text/plain; charset=utf-8"
GOES_FAR: Final = "{ var(txn.goes_far) -m bool }"
# HAProxy's statuses while the primary's region is out of reach.
AWAY_STATUSES: Final = (502, 503, 504)
# Seconds to connect, and to answer a health check; a TLS connection takes three round trips.
CONNECT_TIMEOUT: Final = 2
# Seconds after which data that nobody acknowledged ends a connection: the network is cut.
LOST: Final = 5
# Seconds for which idle connections are kept: less than the other side's KEEP_ALIVE_TIMEOUT.
IDLE_TIMEOUT: Final = 60
# Bytes of the largest body that Fly replays: https://fly.io/docs/networking/dynamic-request-routing
LARGEST_REPLAY: Final = 1_000_000


def render_answer(proxy: Proxy) -> Section:
    """Tell which region this is, and which one has answered a request."""
    if not (name := proxy.region.name):
        return []
    return [
        f'http-request return status 200 content-type "{TEXT}" string "{name}" '
        f"hdr Cache-Control no-store if {{ path {PATH} }}",
        f"http-after-response set-header {HEADER} {name} unless {{ res.hdr({HEADER}) -m found }}",
    ]


def render_rules(proxy: Proxy, paths: Paths) -> Section:
    """Mark what writes, or reads the primary only; ask Fly to replay it in the primary's region."""
    region = proxy.region
    if not (region.forwards or region.replays):
        return []
    yes, no = (f"http-request set-var(txn.goes_far) bool({word}) if" for word in ("true", "false"))
    rules = [
        f"{yes} !is_read",
        f"{yes} {{ path_beg {escape_words(paths.primary)} }}",
        # These need no connection of the web, and the pools are this host's.
        f"{no} is_health",
        f"{no} is_pools",
        f"{no} is_public is_read !has_session",
        # It came back: the URL leads here, and that has not been noticed yet.
        f"{no} {{ req.hdr({HEADER}) -m str {region.name} }}",
    ]
    if region.replays:
        # What is larger goes over the pool.
        rules.append(
            f'http-request return status 409 content-type "{TEXT}" '
            f'string "To be sent to {region.primary}." hdr fly-replay region={region.primary} '
            f"if {GOES_FAR} {{ req.body_size le {LARGEST_REPLAY} }}"
        )
    return rules


def render_options(proxy: Proxy) -> Section:
    """Keep the connections to the primary's region; those to gunicorn are closed all the same."""
    return ["option http-keep-alive"] if proxy.region.forwards else []


def render_route(proxy: Proxy) -> Section:
    return [f"use_backend primary if {GOES_FAR}"] if proxy.region.forwards else []


def render_backends(proxy: Proxy, away: str) -> dict[str, Section]:
    """Render the primary's region as a backend; `away` is the error while it is out of reach."""
    if not proxy.region.forwards:
        return {}
    resolvers = {"resolvers system": ["parse-resolv-conf"]} if _is_named(proxy) else {}
    return resolvers | {
        "backend primary": [
            *_render_check(proxy),
            *_render_limits(proxy, away),
            _render_server(proxy),
        ]
    }


def _is_named(proxy: Proxy) -> bool:
    return not is_network(str(proxy.region.url.hostname))


def _render_check(proxy: Proxy) -> Section:
    """Ask for the region: a URL that leads back here would send requests in a circle."""
    host = escape_word(urlsplit(proxy.origin).netloc)
    return [
        "option httpchk",
        f"http-check send meth GET uri {PATH} ver HTTP/1.1 hdr Host {host}",
        f"http-check expect rstring ^{proxy.region.primary}$",
        f"timeout check {CONNECT_TIMEOUT}s",
    ]


def _render_limits(proxy: Proxy, away: str) -> Section:
    return [
        f"http-request set-header {HEADER} {proxy.region.name}",
        # A new connection costs more round trips than the request.
        "option http-keep-alive",
        "http-reuse always",
        "retries 1",
        f"timeout connect {CONNECT_TIMEOUT}s",
        # Longer than the primary's region takes itself, so that it answers.
        f"timeout server {RESPONSE_TIMEOUT + proxy.queue_timeout + LOST}s",
        *(f"http-error status {status} {away}" for status in AWAY_STATUSES),
        "http-after-response set-status 503 if { status 502 504 }",
    ]


def _render_server(proxy: Proxy) -> str:
    url = proxy.region.url
    host, is_tls = escape_word(bracket_ipv6(str(url.hostname))), url.scheme == "https"
    options = [
        f"server primary {host}:{url.port or (443 if is_tls else 80)}",
        "check inter 1s fall 3 rise 1",
        f"tcp-ut {LOST}s pool-purge-delay {IDLE_TIMEOUT}s",
    ]
    if is_tls:
        authorities = escape_word(proxy.region.primary_ca or "@system-ca")
        options.append(f"ssl verify required ca-file {authorities} sni str({host})")
        options.append(f"verifyhost {host} check-sni {host}")
    if _is_named(proxy):
        options.append("init-addr last,libc,none resolvers system")
    return " ".join(options)
