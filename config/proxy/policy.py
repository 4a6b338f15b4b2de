"""HAProxy's limits and what they follow from. Pure; `settings.py` builds the one `Proxy`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ImproperlyConfigured

from config.lib.regions import NOWHERE, Region

# Concurrent client connections; each may hold two buffers, for its request and response.
MAX_CONNECTIONS: Final = 4000
# Bytes. A request that fits, head and body, is read whole before it gets a thread.
BUFFER_SIZE: Final = 32 * 1024
# Bytes of a request's head, and of the longest body that always fits beside it.
MAX_HEAD_SIZE: Final = 16 * 1024
SMALL_BODY_SIZE: Final = BUFFER_SIZE - MAX_HEAD_SIZE - 2048
# Buffers of all connections together: 160 MB. A connection without one waits.
MAX_BUFFERS: Final = 5000
# Seconds for a whole head and a small body, and for the first kilobytes of a large one.
REQUEST_TIMEOUT: Final = 10
# Bytes of a response in the kernel's socket buffer, which the kernel doubles, and seconds. A
# client that frees less than a third of them in that time, some 2 kB a second, is cut off.
SEND_BUFFER_SIZE: Final = 64 * 1024
CLIENT_TIMEOUT: Final = 20
# Seconds. Longer than an nginx in front keeps its idle connections.
KEEP_ALIVE_TIMEOUT: Final = 75
# Seconds until a response starts; longer than the limits of a connection and its statements.
RESPONSE_TIMEOUT: Final = 60
# Seconds that clients get to finish when HAProxy stops or reloads.
HARD_STOP_AFTER: Final = 30
# Megabytes of HAProxy's cache for static files, and bytes of the largest cached file.
CACHE_MEGABYTES: Final = 32
MAX_CACHED_SIZE: Final = 4_000_000
# Threads of the process for requests without a database: for pages, and for static files, which
# slow clients may hold until they are cached. An idle thread costs some 0.1 MB.
PUBLIC_THREADS: Final = 8
STATIC_THREADS: Final = 192


@dataclass(frozen=True)
class Lanes:
    """Concurrent requests per gunicorn process, by kind."""

    requests: int
    transfers: int

    @classmethod
    def split(cls, threads: int) -> Lanes:
        """Reserve a quarter of the threads for uploads and downloads, which may be slow."""
        transfers = max(1, threads // 4)
        return cls(requests=max(1, threads - transfers), transfers=transfers)


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """HAProxy in front of the site.

    `workers` gunicorn processes with `threads` threads, and one for public pages, listen in
    `run_dir`. `folder` holds HAProxy's files. `origin` is the site's URL without a path.
    """

    bind: str
    port: int
    origin: str
    run_dir: str
    folder: str
    workers: int
    threads: int
    queue_timeout: int
    largest_body: int
    largest_plain_body: int
    session_cookie: str
    trusted_proxies: tuple[str, ...] = ()
    tls_port: int = 0
    tls_certificates: tuple[str, ...] = ()
    region: Region = NOWHERE

    def __post_init__(self) -> None:
        if self.tls_certificates and not self.is_https:
            raise ImproperlyConfigured(
                f"TLS_CERT is set, but SITE_URL is {self.origin}: give SITE_URL=https://NAME, "
                "where NAME is in the certificate."
            )

    @property
    def is_https(self) -> bool:
        return self.origin.startswith("https:")

    @property
    def lanes(self) -> Lanes:
        return Lanes.split(self.threads)


@dataclass(frozen=True, kw_only=True)
class Paths:
    """The paths by which requests are routed; `api`, `static`, `pools` and
    `primary` are prefixes. What is under `primary` reads only the primary.

    In `downloads`, `*` stands for one path segment.
    """

    api: str
    static: str
    health: str
    ready: str
    pools: str
    primary: tuple[str, ...]
    public: tuple[str, ...]
    downloads: tuple[str, ...]
    uploads: tuple[str, ...]


# Stands for the request's id in the body of an ErrorResponse.
ID_MARK: Final = "REQUEST-ID"


@dataclass(frozen=True)
class ErrorResponse:
    """A response that HAProxy sends itself: bodies by shape (`page`, `api`) and headers.

    `name` is that of its file if it is not the only one with its status.
    """

    status: int
    bodies: Mapping[str, str]
    headers: Mapping[str, str]
    name: str = ""
