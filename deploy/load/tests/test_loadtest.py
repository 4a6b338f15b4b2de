"""deploy/loadtest, and its program against other sites."""

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from sysconfig import get_path

import pytest

from config.tests.processes import ROOT, wait_until

pytestmark = pytest.mark.own_site

TASKS = (
    *("sign up", "confirm the e-mail", "home: next page", "home: search", "home: favourite"),
    *("profile: save", "files: upload", "files: download", "files: restore", "tour: start"),
    *("GET /api/profile", "sign out", "sign in"),
)


@pytest.fixture
def loadtest(tmp_path):
    """Start deploy/loadtest with its site in `tmp_path`, and stop it after the test."""
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    runs = []

    def start(*arguments):
        run = subprocess.Popen(
            ["deploy/loadtest", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        runs.append(run)
        return run

    yield start
    for run in runs:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGINT)
            run.communicate(timeout=60)


def test_ten_users_complete_all_tasks(loadtest, tmp_path):
    run = loadtest("--users", "10", "--minutes", "0.1", "--pause", "0.1")
    output, _ = run.communicate(timeout=180)
    assert run.returncode == 0, output
    assert output.endswith("PASSED: no request failed, no cap was exceeded.\n")
    for name in TASKS:
        assert re.search(rf"^{name} +[1-9]\d* +0 ", output, re.MULTILINE), output
    assert re.search(r"^web +\d+ +10$", output, re.MULTILINE)
    assert re.search(r"^jobs +[12] +2$", output, re.MULTILINE)
    assert list(tmp_path.glob("ai4ceo-load.*")) == []


def test_ctrl_c_stops_everything(loadtest, tmp_path):
    run = loadtest()
    wait_until(lambda: list(tmp_path.glob("*/postgres")), 60, "the site's cluster exists")
    os.killpg(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 130, output
    assert list(tmp_path.glob("ai4ceo-load.*")) == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--users", "0"), "whole number"),
        (("--minutes", "-1"), "number"),
        (("--host", "x"), "--host"),
    ],
)
def test_rejects_bad_options_before_anything_starts(loadtest, arguments, word):
    run = loadtest(*arguments)
    output, _ = run.communicate(timeout=60)
    assert (run.returncode, output.count("\n")) == (1, 1)
    assert word in output
    assert "usage: deploy/loadtest [--users N]" in output


@contextmanager
def run_program(port, *arguments):
    process = subprocess.Popen(
        [Path(sys.prefix) / "load/bin/python", "-m", "load", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"deploy:{get_path('purelib')}", "PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.terminate()


class WrongPage(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Under construction")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def wrong_site():
    with ThreadingHTTPServer(("127.0.0.1", 0), WrongPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("transactional_db")  # its jobs load experts
def test_a_wrong_page_is_a_failure_despite_status_200(wrong_site):
    with run_program(wrong_site, "--users", "1", "--minutes", "0.01") as run:
        output = run.stdout.read()
        assert run.wait(60) == 1
    assert "1 x landing page: status 200, without The right expert for every decision" in output
    assert output.endswith("FAILED: 1 of 1 requests failed.\n")


@pytest.mark.usefixtures("transactional_db")
def test_locusts_page_waits_for_the_start(wrong_site):
    with run_program(wrong_site, "--ui") as run:
        output = re.match(r"locust is at http://127\.0\.0\.1:(\d+);", run.stdout.readline())
        page = wait_until(lambda: read_page(int(output[1])), 30, "the page opens")
        run.terminate()
        output = run.stdout.read()
    assert "Locust" in page
    assert "FAILED: no requests were made." in output


def read_page(port):
    with suppress(OSError), closing(HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
