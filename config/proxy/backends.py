"""The backends: which of gunicorn's processes gets what, and how much of it at once. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from config.proxy.policy import (
    CACHE,
    LARGEST_CACHED,
    PUBLIC_THREADS,
    STATIC_THREADS,
    Front,
)
from config.proxy.quoting import without, word

Section = list[str]

# Headers with which a request would not be answered from the cache.
PAST_THE_CACHE: Final = (
    "Authorization",
    "Cache-Control",
    "Cookie",
    "If-Range",
    "Pragma",
    "Range",
)


# Whether it listens; more would take a thread, and find a busy process dead. One late look, on a
# busy machine, says nothing; one refused connection does, and is tried again elsewhere.
CHECK: Final = "check inter 1s fall 3 rise 1 observe layer4 error-limit 1 on-error mark-down"


def static_cache() -> Section:
    return [
        f"total-max-size {CACHE}",
        f"max-object-size {LARGEST_CACHED}",
        "max-age 86400",
        "process-vary on",
    ]


def requests(front: Front) -> Section:
    return _workers(front, front.lanes.requests)


def transfers(front: Front) -> Section:
    return _workers(front, front.lanes.transfers)


def _workers(front: Front, at_once: int) -> Section:
    return [
        f"server web-{number} unix@{word(front.run_dir)}/web-{number}.sock "
        f"maxconn {at_once} {CHECK}"
        for number in range(front.workers)
    ]


def public(front: Front) -> Section:
    return _public_servers(front, PUBLIC_THREADS)


def static(front: Front) -> Section:
    """Nobody can ask past the cache, nor fill it with what is the same file."""
    return [
        "http-request set-uri %[path]",
        f"http-request set-header Host {word(urlsplit(front.origin).netloc)}",
        *without(PAST_THE_CACHE),
        "acl takes_gzip req.hdr(Accept-Encoding) -m sub gzip",
        "http-request set-header Accept-Encoding gzip if takes_gzip",
        "http-request del-header Accept-Encoding unless takes_gzip",
        "http-request cache-use static",
        "http-response cache-store static",
        *_public_servers(front, STATIC_THREADS),
    ]


def _public_servers(front: Front, at_once: int) -> Section:
    """The process for what needs no database, and, where it is away, the others."""
    folder = word(front.run_dir)
    return [
        f"server public unix@{folder}/public.sock maxconn {at_once} {CHECK}",
        *(
            f"server web-{number} unix@{folder}/web-{number}.sock maxconn 1 {CHECK} backup"
            for number in range(front.workers)
        ),
    ]
