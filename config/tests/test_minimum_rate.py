import io
import socket
import time

import pytest

from config import minimum_rate as module
from config.minimum_rate import enforce_minimum_rate
from config.proxy.policy import SMALL_BODY_SIZE

LENGTH = SMALL_BODY_SIZE + 10_000


@pytest.fixture
def sockets(monkeypatch):
    """Yield both ends of a connection whose sender may be late by a tenth of a second."""
    monkeypatch.setattr(module, "REQUEST_TIMEOUT", 0.1)
    monkeypatch.setattr(module, "CHECK_INTERVAL", 0.01)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def environ(ours, length=LENGTH):
    # Unbuffered like gunicorn's: a read returns all requested bytes, or those before the end.
    body = ours.makefile("rb")
    return {"CONTENT_LENGTH": str(length), "gunicorn.socket": ours, "wsgi.input": body}


def test_reads_a_fast_body(sockets):
    ours, theirs = sockets
    request = environ(ours)
    with enforce_minimum_rate(request):
        theirs.sendall(b"a" * LENGTH)
        assert request["wsgi.input"].read(LENGTH) == b"a" * LENGTH


def test_stalled_body_is_an_error(sockets):
    ours, theirs = sockets
    request = environ(ours)
    with enforce_minimum_rate(request):
        theirs.sendall(b"a")
        with pytest.raises(ConnectionError):
            request["wsgi.input"].read()
        ours.sendall(b"an answer")
    assert theirs.recv(100) == b"an answer"


def test_closed_connection_is_an_error(sockets):
    ours, theirs = sockets
    request = environ(ours)
    with enforce_minimum_rate(request):
        theirs.sendall(b"a" * 100)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionError):
            request["wsgi.input"].read()


def test_only_reading_time_counts(sockets):
    ours, theirs = sockets
    request = environ(ours)
    with enforce_minimum_rate(request):
        time.sleep(0.3)  # longer than the sender's limit
        theirs.sendall(b"a" * LENGTH)
        assert len(request["wsgi.input"].read()) == LENGTH


@pytest.mark.parametrize("length", ["", "0", str(SMALL_BODY_SIZE), "many"])
def test_ignores_a_small_body(sockets, length):
    request = environ(sockets[0]) | {"CONTENT_LENGTH": length}
    body = request["wsgi.input"]
    with enforce_minimum_rate(request):
        assert request["wsgi.input"] is body


def test_ignores_other_servers():
    body = io.BytesIO()
    request = {"CONTENT_LENGTH": str(LENGTH), "wsgi.input": body}
    with enforce_minimum_rate(request):
        assert request["wsgi.input"] is body
