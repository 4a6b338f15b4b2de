"""HAProxy in front of several hosts: its file, and deploy/edge with two hosts."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.tests.people import make_user
from config.proxy.edge import render_edge
from config.proxy.runtime import ask
from config.proxy.tests.proxies import PATHS, PROXY, RESPONSES
from config.tests.processes import GUNICORN, ROOT, free_port, get_status, load, wait_until

HOSTS = ("10.0.0.11:8000", "web-2.example:8000")


def render(**changes):
    return render_edge(replace(PROXY, **changes), HOSTS, PATHS, RESPONSES)


def test_asks_each_host_whether_it_is_ready():
    text = render(origin="https://site.example")
    assert "http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host site.example\n" in text
    for host in HOSTS:
        assert f"    server {host} {host} check inter 2s " in text


def test_only_trusted_proxies_say_who_the_client_is():
    assert "http-request del-header X-Forwarded- -m beg\n" in render()
    assert "acl from_proxy src 192.0.2.1\n" in render(trusted_proxies=("192.0.2.1",))


def test_haproxy_accepts_the_file_without_warnings(settings, tmp_path):
    settings.PROXY = replace(settings.PROXY, folder=str(tmp_path))
    settings.EDGE_HOSTS = ("127.0.0.1:8001", "127.0.0.1:8002")
    call_command("haproxy_config", "--edge", "--write", stdout=StringIO())
    command = ["haproxy", "-c", "-f", f"{tmp_path}/edge.cfg"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stderr
    assert result.stderr.replace("Configuration file is valid", "").strip() == ""


def test_needs_hosts(settings):
    settings.EDGE_HOSTS = ()
    with pytest.raises(CommandError, match="EDGE_HOSTS is not set: give hosts, as in"):
        call_command("haproxy_config", "--edge")


class Host:
    """gunicorn, which listens itself."""

    def __init__(self):
        self.port = free_port()
        self.name = f"127.0.0.1:{self.port}"

    def start(self):
        environment = os.environ | {"PORT": str(self.port), "TRUSTED_PROXY_COUNT": "1"}
        self.process = subprocess.Popen(GUNICORN, cwd=ROOT, env=environment)
        wait_until(lambda: get_status(self.port, "/healthz") == 200, 60, "gunicorn answers")

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(60)


class Edge:
    def __init__(self, folder, hosts):
        self.hosts, self.port, self.run_dir = hosts, free_port(), f"{folder}/run"
        self.environment = os.environ | {
            "HAPROXY": "true",
            "VAR_DIR": folder,
            "RUN_DIR": self.run_dir,
            "PORT": str(self.port),
            "EDGE_HOSTS": ",".join(host.name for host in hosts),
        }

    @contextmanager
    def run(self):
        process = subprocess.Popen(["deploy/edge", "run"], cwd=ROOT, env=self.environment)
        try:
            wait_until(lambda: get_status(self.port, "/readyz") == 200, 60, "the edge answers")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def call(self, *arguments):
        return subprocess.run(
            ["deploy/edge", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
        )

    def count_requests(self):
        """Return the requests that each host has had."""
        rows = [line.split(",") for line in ask(self.run_dir, "show stat").splitlines()]
        return [int(row[7]) for row in rows if row[0] == "hosts" and row[1] != "BACKEND"]


@pytest.fixture(scope="module")
def edge():
    with tempfile.TemporaryDirectory(prefix="edge ", dir="/tmp") as folder, ExitStack() as stack:
        shutil.copytree(site_settings.STATIC_ROOT, Path(folder, "static"))
        hosts = [Host(), Host()]
        for host in hosts:
            host.start()
            stack.callback(host.stop)
        edge = Edge(folder, hosts)
        stack.enter_context(edge.run())
        yield edge


@pytest.fixture
def signed_in():
    client = Client()
    client.force_login(make_user())
    return {"Cookie": "; ".join(f"{c.key}={c.value}" for c in client.cookies.values())}


live = [
    pytest.mark.own_site,
    pytest.mark.django_db(transaction=True, databases=["default", "jobs"]),
]


@contextmanager
def requests_all_along(edge, headers):
    """Read through the edge all along; yield the counts of statuses, complete at the end."""
    done, counts = threading.Event(), {}
    reader = threading.Thread(
        target=lambda: counts.update(
            load(edge.port, "/api/profile", headers, clients=4, until=done)
        )
    )
    reader.start()
    try:
        yield counts
    finally:
        done.set()
        reader.join()


class TestTwoHosts:
    pytestmark = live

    def test_a_session_works_on_each_host(self, edge, signed_in):
        before = edge.count_requests()
        statuses = load(edge.port, "/api/profile", signed_in, clients=4, requests=10)
        assert statuses == {200: 40}
        assert all(
            now - then >= 10 for now, then in zip(edge.count_requests(), before, strict=True)
        )

    def test_a_killed_host_costs_no_read(self, edge, signed_in):
        host = edge.hosts[0]
        with requests_all_along(edge, signed_in) as statuses:
            host.stop(signal.SIGKILL)
            before = edge.count_requests()[1]
            wait_until(lambda: edge.count_requests()[1] > before + 100, 30, "the other one works")
            host.start()
            before = edge.count_requests()[0]
            wait_until(lambda: edge.count_requests()[0] > before, 30, "it works again")
        assert list(statuses) == [200]

    def test_pages_without_the_database_work_when_no_host_is_ready(self, edge):
        for host in edge.hosts:
            ask(edge.run_dir, f"set server hosts/{host.name} state maint")
        try:
            assert get_status(edge.port, "/healthz") == 200
        finally:
            for host in edge.hosts:
                ask(edge.run_dir, f"set server hosts/{host.name} state ready")

    @pytest.mark.parametrize(
        ("arguments", "line"),
        [
            ((), "usage: deploy/edge run"),
            (("drain",), "usage: deploy/edge run"),
            (("drain", "10.9.9.9:80"), "10.9.9.9:80 is not one of EDGE_HOSTS"),
        ],
    )
    def test_refuses_bad_calls(self, edge, arguments, line):
        done = edge.call(*arguments)
        assert done.returncode == 1
        assert line in done.stderr
