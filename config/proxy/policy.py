"""What HAProxy, in front of the site, is configured from: the numbers and what they follow from.

Pure: no environment, no file. `settings.py` makes the one `Front` of the site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ImproperlyConfigured

# Client connections at once; each may hold two buffers while it sends or is answered.
MAX_CONNECTIONS: Final = 4000
# Bytes of a buffer. What is not longer, head and body, is read whole before a thread is given.
BUFFER: Final = 32 * 1024
# Bytes of a request's head, and of the longest body that is certain to fit beside it.
LONGEST_HEAD: Final = 16 * 1024
SMALL_BODY: Final = BUFFER - LONGEST_HEAD - 2048
# Buffers at once, of all connections: 160 MB. Who finds none waits for one.
MOST_BUFFERS: Final = 5000
# Seconds: for a whole head and a small body; and for the first kilobytes of a large one.
PATIENCE: Final = 10
# Bytes of an answer that the kernel takes beyond HAProxy's buffer, which it counts twice, and
# seconds. A reader makes room for a third of them in that time, or is cut off: some 2 kB a second.
SEND_BUFFER: Final = 64 * 1024
STANDSTILL: Final = 20
# Seconds for which an idle client connection is kept: longer than nginx, in front, keeps its own.
KEEP_ALIVE: Final = 75
# Seconds until an answer has to begin: longer than a connection and some statements may take.
LONGEST_ANSWER: Final = 60
# Seconds after which whoever still reads is cut off when HAProxy stops or is renewed.
FAREWELL: Final = 30
# Megabytes of static files that HAProxy itself keeps, and bytes of the largest of them.
CACHE: Final = 32
LARGEST_CACHED: Final = 4_000_000
# Threads of the process for what needs no database: for pages, and for static files, which
# anybody may read slowly until they are in the cache. A thread that waits costs some 0.1 MB.
PUBLIC_THREADS: Final = 8
STATIC_THREADS: Final = 192


@dataclass(frozen=True)
class Lanes:
    """How many requests a gunicorn process is given at once: its threads, shared out."""

    requests: int
    transfers: int

    @classmethod
    def of(cls, threads: int) -> Lanes:
        """A quarter of the threads is for what may come or go slowly: uploads and downloads."""
        transfers = max(1, threads // 4)
        return cls(requests=max(1, threads - transfers), transfers=transfers)


@dataclass(frozen=True, kw_only=True)
class Front:
    """The door of one site.

    `workers` gunicorn processes of `threads` threads, and one for the public pages, listen in
    `run_dir`; `folder` holds HAProxy's own files. `origin` is the site's URL without a path.
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

    def __post_init__(self) -> None:
        if self.tls_certificates and not self.is_https:
            raise ImproperlyConfigured(
                f"TLS_CERT is set, but SITE_URL is {self.origin}: give SITE_URL=https://NAME, "
                "with a name of the certificate."
            )
        if self.tls_certificates and self.tls_port == self.port:
            raise ImproperlyConfigured(
                f"TLS_PORT={self.tls_port} is PORT as well: give each a port of its own."
            )

    @property
    def is_https(self) -> bool:
        return self.origin.startswith("https:")

    @property
    def lanes(self) -> Lanes:
        return Lanes.of(self.threads)


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Which requests go where: exact paths, beginnings, and `*` for one part of a path."""

    api: str
    static: str
    health: str
    ready: str
    public: tuple[str, ...]
    downloads: tuple[str, ...]
    uploads: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """An answer of HAProxy's own: the bodies by shape (`page`, `api`) and the common headers."""

    status: int
    bodies: Mapping[str, str]
    headers: Mapping[str, str]
