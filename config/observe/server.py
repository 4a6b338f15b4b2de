"""Serve the metrics over HTTP, with few threads and time limits."""

from __future__ import annotations

import logging
import socketserver
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, NamedTuple

MAX_THREADS: Final = 4
# Connections that may wait for a thread; more are closed.
MAX_CONNECTIONS: Final = 8
# Seconds for each read and write.
SOCKET_LIMIT: Final = 2.0

logger = logging.getLogger(__name__)


class Page(NamedTuple):
    status: int
    content_type: str
    body: bytes


# Renders a page for the value of the request's header Accept.
View = Callable[[str], Page]


class MetricsServer(socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, address: tuple[str, int], views: Mapping[str, View]) -> None:
        self.views = views
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="scrape")
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            self._threads.submit(self._process, request, client_address)
        else:
            self.shutdown_request(request)

    def _process(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:  # the client left or was too slow
            pass
        finally:
            self.shutdown_request(request)
            self._free.release()


class Handler(BaseHTTPRequestHandler):
    timeout = SOCKET_LIMIT
    server: MetricsServer

    def do_GET(self) -> None:
        page = self._render()
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def _render(self) -> Page:
        view = self.server.views.get(self.path.partition("?")[0])
        if view is None:
            return Page(404, "text/plain", b"Not found.\n")
        try:
            return view(self.headers.get("Accept", ""))
        except Exception:
            logger.exception("a scrape failed")
            return Page(500, "text/plain", b"The scrape failed; see the log.\n")

    def version_string(self) -> str:
        return "metrics"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        """Log nothing: a scrape every few seconds is no news."""
