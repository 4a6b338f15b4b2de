"""The server of the metrics bounds its clients, and survives a view that fails."""

import http.client
import socket
import threading
from contextlib import ExitStack, closing

import pytest

from config.observe.server import MAX_CONNECTIONS, SOCKET_LIMIT, MetricsServer, Page


def fail(accept):
    raise RuntimeError("a bug")


@pytest.fixture
def port():
    views = {"/metrics": lambda accept: Page(200, "text/plain", accept.encode()), "/bug": fail}
    with MetricsServer(("127.0.0.1", 0), views) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def get(port, path):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers={"Accept": "text/plain"})
        response = connection.getresponse()
        return response.status, response.read()


def test_renders_the_view_for_the_header(port):
    assert get(port, "/metrics?x=1") == (200, b"text/plain")


def test_a_view_that_fails_is_500(port, caplog):
    status, body = get(port, "/bug")
    assert (status, b"a bug" in body) == (500, False)
    assert "a scrape failed" in caplog.text
    assert get(port, "/metrics")[0] == 200


def test_closes_connections_beyond_its_limit_at_once(port):
    with ExitStack() as stack:
        for _ in range(MAX_CONNECTIONS):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        with socket.create_connection(("127.0.0.1", port), timeout=SOCKET_LIMIT / 2) as other:
            assert other.recv(1) == b""
