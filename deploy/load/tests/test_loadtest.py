"""deploy/loadtest as an operator runs it, and its program against other sites."""

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

WAYS = (
    *("sign up", "confirm the address", "home: next page", "home: search", "home: favourite"),
    *("profile: save", "files: upload", "files: download", "files: restore", "tour: start"),
    *("GET /api/profile", "sign out", "sign in"),
)


@pytest.fixture
def door(tmp_path):
    """The door, started; it makes its site in `tmp_path`, and ends when the test is interrupted."""
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    runs = []

    def started(*arguments):
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

    yield started
    for run in runs:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGINT)
            run.communicate(timeout=60)


def test_ten_people_go_all_ways_and_the_table_says_so(door, tmp_path):
    run = door("--users", "10", "--minutes", "0.1", "--pause", "0.1")
    said, _ = run.communicate(timeout=180)
    assert run.returncode == 0, said
    assert said.endswith("PASSED: no request failed, no cap was passed.\n")
    for name in WAYS:
        assert re.search(rf"^{name} +[1-9]\d* +0 ", said, re.MULTILINE), said
    assert re.search(r"^web +\d+ +10$", said, re.MULTILINE)
    assert re.search(r"^jobs +[12] +2$", said, re.MULTILINE)
    assert list(tmp_path.glob("ai4ceo-load.*")) == []


def test_ctrl_c_ends_everything(door, tmp_path):
    run = door()
    wait_until(lambda: list(tmp_path.glob("*/postgres")), 60, "the site's cluster is made")
    os.killpg(run.pid, signal.SIGINT)
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert list(tmp_path.glob("ai4ceo-load.*")) == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--users", "0"), "whole number"),
        (("--minutes", "-1"), "number"),
        (("--host", "x"), "--host"),
    ],
)
def test_bad_options_end_before_anything_is_made(door, arguments, word):
    run = door(*arguments)
    said, _ = run.communicate(timeout=60)
    assert (run.returncode, said.count("\n")) == (1, 1)
    assert word in said
    assert "usage: deploy/loadtest [--users N]" in said


@contextmanager
def program(port, *arguments):
    """What the door starts, against a site of the test's own; stopped at the end."""
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
def test_a_wrong_page_is_a_failure_whatever_its_status(wrong_site):
    with program(wrong_site, "--users", "1", "--minutes", "0.01") as run:
        said = run.stdout.read()
        assert run.wait(60) == 1
    assert "1 x landing page: status 200, without The right expert for every decision" in said
    assert said.endswith("FAILED: 1 of 1 requests failed.\n")


@pytest.mark.usefixtures("transactional_db")
def test_the_page_of_locust_waits_to_be_started(wrong_site):
    with program(wrong_site, "--ui") as run:
        said = re.match(r"locust is at http://127\.0\.0\.1:(\d+);", run.stdout.readline())
        page = wait_until(lambda: opened(int(said[1])), 30, "the page is there")
        run.terminate()
        said = run.stdout.read()
    assert "Locust" in page
    assert "FAILED: nobody asked for anything." in said


def opened(port):
    with suppress(OSError), closing(HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
