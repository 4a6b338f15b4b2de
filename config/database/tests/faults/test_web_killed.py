"""A gunicorn process and its only worker are killed: the other one works on."""

import os
import signal
import time

import pytest

from config.tests.crowd import list_children
from config.tests.processes import wait_until
from config.tests.traffic import Traffic, send_request

pytestmark = pytest.mark.faults


def kill(master):
    for process in (master, *list_children(master)):
        os.kill(process, signal.SIGKILL)


def test_loses_only_requests_in_progress_and_no_read(site, people, record_property):
    first, second = site.web_pids()
    with Traffic(site, people, pause=0.02) as traffic:  # so that requests are in progress
        wait_until(lambda: all(traffic.written.values()), 30, "everybody has written")
        began = time.monotonic()
        kill(first)
        wait_until(lambda: site.web_pids()[0] not in (0, first), 20, "it is started again")
        record_property("started again after", f"{time.monotonic() - began:.1f} s")
        wait_until(
            lambda: traffic.count_statuses(after=began + 3)[200] > 50, 20, "requests succeed again"
        )
    record_property("people", traffic.summarize())
    failed = [answer for answer in traffic.answers if answer.status != 200]
    assert {answer.method for answer in failed} <= {"PATCH"}
    assert {answer.status for answer in failed} <= {502, 503}
    assert len(failed) <= len(people)
    assert traffic.list_lost() == []
    assert site.web_pids()[1] == second


def test_other_processes_replace_the_public_one(site):
    paths = ("/healthz", "/accounts/login/", "/static/site.css")
    kill(site.pid("public"))
    began = time.monotonic()
    heard = [send_request(site.port, "GET", path) for _ in range(20) for path in paths]
    assert {answer.status for answer in heard} == {200}
    assert time.monotonic() - began < 10
    wait_until(lambda: site.pid("public"), 20, "it is started again")
