"""Sentry's events, received by a server on this machine."""

import gzip
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.observe.sentry import start_sentry
from config.tests.processes import manage

FAIL = """
import sentry_sdk
from unittest.mock import patch
from wsgiref.util import setup_testing_defaults
from config.database.backend.base import DatabaseWrapper
from config.wsgi import application
environ = {
    "PATH_INFO": "/readyz",
    "QUERY_STRING": "token=s3cr3t-query",
    "HTTP_COOKIE": "sessionid=s3cr3t-cookie",
    "HTTP_X_API_KEY": "s3cr3t-header",
}
setup_testing_defaults(environ)
answer = []
error = RuntimeError("password=s3cr3t-password of ada@example.org")
with patch.object(DatabaseWrapper, "probe", side_effect=error):
    list(application(environ, lambda *start: answer.extend(start)))
print(answer[0][:3], dict(answer[1])["X-Request-ID"])
sentry_sdk.flush(10)
"""


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        zipped = self.headers.get("Content-Encoding") == "gzip"
        self.server.received.put((gzip.decompress(body) if zipped else body).decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def receiver():
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.received = Queue()
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_sends_an_error_without_secrets(receiver):
    dsn = f"http://key@127.0.0.1:{receiver.server_port}/1"
    process = manage("shell", "--verbosity", "0", "--command", FAIL, SENTRY_DSN=dsn)
    output, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    status, number = output.split()
    envelope = receiver.received.get(timeout=10)
    event = json.loads(envelope.splitlines()[-1])
    (raised,) = event["exception"]["values"]
    assert (status, raised["type"]) == ("500", "RuntimeError")
    assert (event["transaction"], event["tags"]["request_id"]) == ("/readyz", number)
    assert event["request"] == {"method": "GET"}
    assert "s3cr3t" not in envelope
    assert "ada@" not in envelope


def test_says_that_the_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(ImproperlyConfigured, match=r"requirements-sentry\.txt"):
        start_sentry("http://key@127.0.0.1:1/1")


def test_rejects_what_is_no_dsn():
    with pytest.raises(ImproperlyConfigured, match="SENTRY_DSN"):
        start_sentry("not a DSN")
