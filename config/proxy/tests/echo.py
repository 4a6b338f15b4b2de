"""HAProxy with a site's own configuration, in front of servers that say what they were sent."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import socket
import socketserver
import subprocess
import tempfile
import threading
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from django.conf import settings

from config.haproxy_files import front_files
from config.tests.processes import free_port, wait_until


class Echo(BaseHTTPRequestHandler):
    """Answers each request with its headers, in order, as JSON."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = json.dumps(self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = answer  # noqa: N815  its base class asks for this name

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextmanager
def echo(path):
    with Server(str(path), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def echoing(**changes):
    """The front of this site with such changes, and one worker; yields it when it answers."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="echo ", dir="/tmp"))
        own = {"port": free_port(), "run_dir": folder, "folder": f"{folder}/haproxy", "workers": 1}
        front = replace(settings.FRONT, **own | changes)
        for path, text in front_files(front).items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        for name in ("web-0", "public"):
            stack.enter_context(echo(Path(folder) / f"{name}.sock"))
        command = [shutil.which("haproxy"), "-db", "-f", f"{front.folder}/haproxy.cfg"]
        process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        stack.callback(process.send_signal, signal.SIGTERM)
        wait_until(lambda: is_reached(front), 10, "HAProxy answers")
        yield front


def is_reached(front):
    try:
        with socket.create_connection((front.bind, front.port), timeout=10):
            return True
    except ConnectionRefusedError:
        return False


def connected(front, source="127.0.0.1"):
    """A connection from that address of this machine."""
    host = "::1" if ":" in source else "127.0.0.1"
    return http.client.HTTPConnection(host, front.port, timeout=10, source_address=(source, 0))


def asked(connection, headers=(), path="/"):
    """What the site is sent for these headers: a list of pairs, the names in lower case."""
    connection.putrequest("GET", path)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return [(name.lower(), value) for name, value in json.loads(body)]


def sent(front, headers=(), source="127.0.0.1"):
    with closing(connected(front, source)) as connection:
        return asked(connection, headers)
