import io
import socket
import time

import pytest

from config import minimum_rate as module
from config.minimum_rate import enforce_minimum_rate
from config.proxy.policy import SMALL_BODY_SIZE

LENGTH = SMALL_BODY_SIZE + 10_000


@pytest.fixture
def ends(monkeypatch):
    """The two ends of a connection, on which a sender may be late by a tenth of a second."""
    monkeypatch.setattr(module, "REQUEST_TIMEOUT", 0.1)
    monkeypatch.setattr(module, "CHECK_INTERVAL", 0.01)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def environ(ours, length=LENGTH):
    # Unbuffered as gunicorn's: a read returns what was asked for, or what came until the end.
    body = ours.makefile("rb")
    return {"CONTENT_LENGTH": str(length), "gunicorn.socket": ours, "wsgi.input": body}


def test_a_body_that_comes_quickly_is_read_whole(ends):
    ours, theirs = ends
    request = environ(ours)
    with enforce_minimum_rate(request):
        theirs.sendall(b"a" * LENGTH)
        assert request["wsgi.input"].read(LENGTH) == b"a" * LENGTH


def test_a_body_that_stops_coming_is_not_taken_for_a_whole_one(ends):
    ours, theirs = ends
    request = environ(ours)
    with enforce_minimum_rate(request):
        theirs.sendall(b"a")
        with pytest.raises(ConnectionError):
            request["wsgi.input"].read()
        ours.sendall(b"an answer")
    assert theirs.recv(100) == b"an answer"


def test_whoever_hangs_up_has_sent_no_body(ends):
    ours, theirs = ends
    request = environ(ours)
    with enforce_minimum_rate(request):
        theirs.sendall(b"a" * 100)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionError):
            request["wsgi.input"].read()


def test_the_time_in_which_nobody_reads_is_not_the_senders(ends):
    ours, theirs = ends
    request = environ(ours)
    with enforce_minimum_rate(request):
        time.sleep(0.3)  # longer than the sender may be late by
        theirs.sendall(b"a" * LENGTH)
        assert len(request["wsgi.input"].read()) == LENGTH


@pytest.mark.parametrize("length", ["", "0", str(SMALL_BODY_SIZE), "many"])
def test_a_small_body_is_left_alone(ends, length):
    request = environ(ends[0]) | {"CONTENT_LENGTH": length}
    body = request["wsgi.input"]
    with enforce_minimum_rate(request):
        assert request["wsgi.input"] is body


def test_another_server_than_gunicorn_is_left_alone():
    body = io.BytesIO()
    request = {"CONTENT_LENGTH": str(LENGTH), "wsgi.input": body}
    with enforce_minimum_rate(request):
        assert request["wsgi.input"] is body
