"""An event reaches the exporter's socket, or nothing happens."""

import json
import socket
from contextlib import suppress

import pytest

from config.observe import events
from config.observe.events import Kind, send_event, send_events


@pytest.fixture
def receiver(settings, tmp_path):
    settings.METRICS, settings.METRICS_SOCKET = True, str(tmp_path / "metrics.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(settings.METRICS_SOCKET)
        receiver.settimeout(5)
        yield receiver
    events._pending.clear()
    events._open_socket().close()
    events._open_socket.cache_clear()


def test_sends_one_datagram(receiver):
    send_event(Kind.UPLOAD, bytes=25)
    assert json.loads(receiver.recv(4096)) == {"kind": "upload", "bytes": 25}


def test_sends_many_events_in_datagrams_of_limited_size(receiver):
    send_events([{"kind": Kind.UPLOAD, "bytes": number} for number in range(70)])
    sizes = [len(receiver.recv(events.MAX_DATAGRAM_SIZE).splitlines()) for _ in range(3)]
    assert sizes == [30, 30, 10]


def test_sends_nothing_without_metrics(receiver, settings):
    settings.METRICS = False
    send_event(Kind.SIGN_IN)
    receiver.setblocking(False)
    with pytest.raises(BlockingIOError):
        receiver.recv(4096)


def test_keeps_events_while_the_exporter_is_busy(receiver):
    for number in range(100):
        send_event(Kind.UPLOAD, bytes=number)
    received = list(read_events(receiver))
    assert 0 < len(received) < 100
    while events._pending:
        events._send_pending()
        received += read_events(receiver)
    assert sorted(event["bytes"] for event in received) == [*range(100)]


def test_keeps_a_limited_number_of_events(receiver):
    for _ in range(2 * events.MAX_PENDING):
        send_event(Kind.SIGN_IN)
    assert len(events._pending) == events.MAX_PENDING


def read_events(receiver):
    """Yield the events that have arrived."""
    receiver.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            yield from map(json.loads, receiver.recv(events.MAX_DATAGRAM_SIZE).splitlines())


def test_drops_an_event_that_nobody_receives(receiver, settings):
    receiver.close()
    send_event(Kind.SIGN_IN)
    settings.METRICS_SOCKET += ".gone"
    send_event(Kind.SIGN_IN)


def test_reaches_a_restarted_exporter(receiver, settings, tmp_path):
    send_event(Kind.SIGN_IN)
    (tmp_path / "metrics.sock").unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as successor:
        successor.bind(settings.METRICS_SOCKET)
        successor.settimeout(5)
        send_event(Kind.SIGN_UP)
        assert json.loads(successor.recv(4096)) == {"kind": "sign_up"}
