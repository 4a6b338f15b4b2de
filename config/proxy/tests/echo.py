"""HAProxy with the site's configuration, in front of servers that echo request headers."""

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

from config.haproxy_files import render_haproxy_files
from config.tests.processes import free_port, wait_until


class Echo(BaseHTTPRequestHandler):
    """Respond with the request's headers, in order, as JSON."""

    protocol_version = "HTTP/1.1"

    def respond(self):
        body = json.dumps(self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = respond  # noqa: N815  the base class's names

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
def run_proxy(**changes):
    """Run HAProxy with changed settings and one worker, and yield the `Proxy`."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="echo ", dir="/tmp"))
        own = {"port": free_port(), "run_dir": folder, "folder": f"{folder}/haproxy", "workers": 1}
        proxy = replace(settings.PROXY, **own | changes)
        for path, text in render_haproxy_files(proxy).items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        for name in ("web-0", "public"):
            stack.enter_context(echo(Path(folder) / f"{name}.sock"))
        command = [shutil.which("haproxy"), "-db", "-f", f"{proxy.folder}/haproxy.cfg"]
        process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        stack.callback(process.send_signal, signal.SIGTERM)
        wait_until(lambda: is_reached(proxy), 10, "HAProxy listens")
        yield proxy


def is_reached(proxy):
    try:
        with socket.create_connection((proxy.bind, proxy.port), timeout=10):
            return True
    except ConnectionRefusedError:
        return False


def connect(proxy, source="127.0.0.1"):
    """Return a connection from a local IP address."""
    host = "::1" if ":" in source else "127.0.0.1"
    return http.client.HTTPConnection(host, proxy.port, timeout=10, source_address=(source, 0))


def request_headers(connection, headers=(), path="/"):
    """Send the headers and return those that reach the site, as pairs with lower-case names."""
    connection.putrequest("GET", path)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, body
    return [(name.lower(), value) for name, value in json.loads(body)]


def send_headers(proxy, headers=(), source="127.0.0.1"):
    with closing(connect(proxy, source)) as connection:
        return request_headers(connection, headers)
