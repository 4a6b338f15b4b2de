"""Requests are added up and sent, whoever ends meanwhile."""

import json
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.observe import tally as module
from config.observe.events import MAX_EVENT_SIZE, Refusal
from config.observe.tally import Key, Tally

HOME = Key("home", "GET", 200, "")


class Sent(list):
    """The events that a tally sent; `arrived` is set with each."""

    def __init__(self):
        self.arrived = threading.Event()

    def append_all(self, events):
        self.extend(events)
        self.arrived.set()


@pytest.fixture
def sent(monkeypatch):
    sent = Sent()
    monkeypatch.setattr(module, "send_events", sent.append_all)
    return sent


def test_adds_up_requests_of_the_same_kind(sent, monkeypatch):
    monkeypatch.setattr(module, "INTERVAL", 3600)
    tally = Tally()
    tally.add(HOME, seconds=0.02, wait=0, statements=1)
    tally.add(HOME, seconds=30, wait=0.003, statements=2)
    tally.add(HOME._replace(status=503, reason=Refusal.STORAGE), 0.1, 0, 1)
    tally.send()
    first, second = sent
    assert (first["route"], first["status"], first["reason"]) == ("home", 200, "")
    assert first["seconds"] == {"counts": [0, 1, *[0] * 9, 1], "total": 30.02}
    assert first["waits"]["counts"][:3] == [1, 1, 0]
    assert first["statements"]["total"] == 3
    assert (second["status"], second["reason"]) == (503, "storage")


def test_sends_by_itself_as_long_as_there_are_requests(sent, monkeypatch):
    monkeypatch.setattr(module, "INTERVAL", 0.01)
    tally = Tally()
    for count in (1, 2):
        tally.add(HOME, 0.02, 0, 1)
        assert sent.arrived.wait(10)
        sent.arrived.clear()
        assert len(sent) == count


def test_loses_no_request_of_many_threads(sent, monkeypatch):
    monkeypatch.setattr(module, "INTERVAL", 0.001)
    tally = Tally()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: tally.add(HOME, 0.02, 0, 1), range(20_000)))
    tally.send()
    assert sum(event["statements"]["total"] for event in sent) == 20_000


def test_an_event_is_short_enough(sent, monkeypatch):
    monkeypatch.setattr(module, "INTERVAL", 3600)
    tally = Tally()
    for _ in range(1000):
        tally.add(Key("r" * 100, "OPTIONS", 503, Refusal.STATEMENT_TIMEOUT), 1 / 3, 1 / 3, 1000)
    tally.send()
    assert len(json.dumps(sent[0])) < MAX_EVENT_SIZE / 2


SERVE_ONE = """
from django.conf import settings
from config.observe.tally import Key, tally
settings.METRICS_SOCKET = {!r}
tally.add(Key("last", "GET", 200, ""), 0.1, 0, 1)
"""


def test_sends_the_last_requests_when_the_process_ends(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "metrics.sock"))
        receiver.settimeout(5)
        subprocess.run(
            [sys.executable, "-c", SERVE_ONE.format(receiver.getsockname())],
            env=os.environ | {"METRICS": "true", "DJANGO_SETTINGS_MODULE": "config.settings"},
            check=True,
            timeout=60,
        )
        assert b'"route":"last"' in receiver.recv(4096)
