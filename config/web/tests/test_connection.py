"""What is read before a thread is given to a connection, and what the thread still reads."""

import socket

import pytest
from gunicorn.config import Config

from config.web import connection
from config.web.connection import Connection, Rest, body_size

FORM = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def conn(pair):
    conn = Connection(Config(), pair[0], None, None)
    yield conn
    conn.close()


@pytest.fixture
def client(pair):
    return pair[1]


def test_a_request_is_whole_with_the_end_of_its_head(conn, client):
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert (conn.read(), conn.is_whole) == (True, False)
    client.sendall(b"\r\n")
    assert (conn.read(), conn.is_whole) == (True, True)


def test_a_small_body_is_waited_for(conn, client):
    client.sendall(FORM % 5 + b"1234")
    conn.read()
    assert not conn.is_whole
    client.sendall(b"5")
    conn.read()
    assert (conn.is_whole, conn.streams) == (True, False)


def test_a_large_body_is_left_to_the_thread(conn, client):
    client.sendall(FORM % 1_000_000 + b"1234")
    conn.read()
    assert (conn.is_whole, conn.streams) == (True, True)


def test_a_head_without_end_is_too_long(conn, client):
    client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000)
    conn.read()
    assert (conn.is_whole, conn.is_too_long) == (False, True)


def test_the_head_has_ten_seconds_from_its_first_byte(conn, client):
    client.sendall(b"GET")
    conn.read()
    conn.hurry()
    first = conn.deadline
    client.sendall(b" / HTTP/1.1\r\n")
    conn.read()
    conn.hurry()
    assert conn.deadline == first


def test_the_end_of_the_client_is_noticed(conn, client):
    client.close()
    assert conn.read() is False


def test_the_parser_gets_what_was_read(conn, client):
    client.sendall(FORM % 5 + b"12345")
    conn.read()
    conn.hand_over()
    request = next(conn.parser)
    assert (request.method, request.body.read()) == ("POST", b"12345")


def test_half_a_body_is_an_error_and_no_body(pair):
    rest = Rest(pair[0])
    rest.begin(b"")
    pair[1].close()
    with pytest.raises(ConnectionResetError):
        rest.read(10)


@pytest.mark.parametrize(("name", "value"), [("PATIENCE", 0), ("SLOWEST", float("inf"))])
def test_a_body_that_does_not_come_is_not_waited_for(pair, monkeypatch, name, value):
    monkeypatch.setattr(connection, "PATIENCE", 0)
    monkeypatch.setattr(connection, name, value)
    rest = Rest(pair[0])
    rest.begin(b"")
    with pytest.raises(TimeoutError):
        rest.read(10)


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"GET / HTTP/1.1\r\nContent-Length: 7", 7),
        (b"POST / HTTP/1.1\r\nHost: x", 0),
        (b"PATCH / HTTP/1.1\r\ncontent-length:  12 ", 12),
        (b"POST / HTTP/1.1\r\nContent-Length: twelve", 0),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"1" * 5000, None),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked", None),
        (b"POST / HTTP/1.1\r\nContent-Length: 7\r\nExpect: 100-continue", None),
    ],
)
def test_the_size_of_a_body(head, size):
    assert body_size(head) == size
