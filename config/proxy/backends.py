"""HAProxy's backends: the gunicorn processes and their concurrency. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from config.proxy.policy import (
    CACHE_MEGABYTES,
    MAX_CACHED_SIZE,
    PUBLIC_THREADS,
    STATIC_THREADS,
    Proxy,
)
from config.proxy.quoting import delete_headers, escape_word

Section = list[str]

# Headers that make HAProxy bypass its cache.
CACHE_BYPASS_HEADERS: Final = (
    "Authorization",
    "Cache-Control",
    "Cookie",
    "If-Range",
    "Pragma",
    "Range",
)


# A TCP check only: an HTTP check would need a thread and report a busy process as down. It must
# fail three times, since a loaded machine delays checks; one refused connection is proof enough.
CHECK: Final = "check inter 1s fall 3 rise 1 observe layer4 error-limit 1 on-error mark-down"


def render_cache() -> Section:
    return [
        f"total-max-size {CACHE_MEGABYTES}",
        f"max-object-size {MAX_CACHED_SIZE}",
        "max-age 86400",
        "process-vary on",
    ]


def render_requests(proxy: Proxy) -> Section:
    return _render_workers(proxy, proxy.lanes.requests)


def render_transfers(proxy: Proxy) -> Section:
    return _render_workers(proxy, proxy.lanes.transfers)


def _render_workers(proxy: Proxy, max_requests: int) -> Section:
    return [
        f"server web-{number} unix@{escape_word(proxy.run_dir)}/web-{number}.sock "
        f"maxconn {max_requests} {CHECK}"
        for number in range(proxy.workers)
    ]


def render_public(proxy: Proxy) -> Section:
    return _render_public_servers(proxy, PUBLIC_THREADS)


def render_static(proxy: Proxy) -> Section:
    """Normalize each request, so that no client bypasses the cache or fills it with duplicates."""
    return [
        "http-request set-uri %[path]",
        f"http-request set-header Host {escape_word(urlsplit(proxy.origin).netloc)}",
        *delete_headers(CACHE_BYPASS_HEADERS),
        "acl takes_gzip req.hdr(Accept-Encoding) -m sub gzip",
        "http-request set-header Accept-Encoding gzip if takes_gzip",
        "http-request del-header Accept-Encoding unless takes_gzip",
        "http-request cache-use static",
        "http-response cache-store static",
        *_render_public_servers(proxy, STATIC_THREADS),
    ]


def _render_public_servers(proxy: Proxy, max_requests: int) -> Section:
    """Render the process for requests without a database, with the workers as backup."""
    folder = escape_word(proxy.run_dir)
    return [
        f"server public unix@{folder}/public.sock maxconn {max_requests} {CHECK}",
        *(
            f"server web-{number} unix@{folder}/web-{number}.sock maxconn 1 {CHECK} backup"
            for number in range(proxy.workers)
        ),
    ]
