"""A PostgreSQL that refuses connections, or whose address swallows them: an error, soon."""

import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.conf import settings

from config.tests.processes import free_port, gunicorn, wait_until
from config.tests.traffic import send_request

pytestmark = pytest.mark.faults

WEB, JOBS = settings.POOLS["web"], settings.POOLS["jobs"]
SLACK = 1.5  # for all but the wait itself, in seconds
PLACE = re.compile(r"\bhost=('[^']*'|\S+) port=\d+")
TIMED = """
import atexit, time
from accounts.models import User
began = time.monotonic()
atexit.register(lambda: print(time.monotonic() - began))
User.objects.exists()
"""


@contextmanager
def refusing(site):
    """PostgreSQL is stopped; yields a port on which nothing listens either."""
    site.supervisor("stop", "postgres")
    try:
        yield free_port()
    finally:
        site.supervisor("start", "postgres")


@contextmanager
def swallowing(site):
    """Both PgBouncers look for PostgreSQL on a port whose queue of those who knock is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as door:
        port = door.getsockname()[1]
        with socket.create_connection(door.getsockname()), led_astray(site, port):
            yield port


@contextmanager
def led_astray(site, port):
    before = {name: ini(site, name).read_text() for name in ("web", "jobs")}
    try:
        for name, text in before.items():
            reload(site, name, PLACE.sub(f"host=127.0.0.1 port={port}", text))
        yield
    finally:
        for name, text in before.items():
            reload(site, name, text)


def ini(site, name):
    return site.folder / f"var/pgbouncer/{name}.ini"


def reload(site, name, text):
    """Have a PgBouncer read this as its configuration; its server connections end."""

    def count():
        return site.log(f"pgbouncer-{name}").count("got SIGHUP")

    before = count()
    ini(site, name).write_text(text)
    site.kill(f"pgbouncer-{name}", signal.SIGHUP)
    wait_until(lambda: count() > before, 5, f"PgBouncer {name} has reloaded")


def direct(port):
    """The environment of a site without PgBouncer, whose PostgreSQL is to be on that port."""
    url = f"postgresql://nobody:none@127.0.0.1:{port}/none"
    names = ("POSTGRES_URL", "POSTGRES_JOBS_URL")
    return {"DATABASE_POOLING": "direct", "WEB_WORKERS": "1"} | dict.fromkeys(names, url)


def run(site, **environment):
    """A command that needs the database: its exit status, what it complained of, the seconds."""
    process = site.manage("shell", "--verbosity", "0", "--command", TIMED, **environment)
    seconds, complaint = process.communicate(timeout=60)
    return process.returncode, complaint, float(seconds)


@pytest.mark.parametrize("fault", [refusing, swallowing])
def test_an_error_comes_when_the_connect_timeout_ends(site, people, fault, record_property):
    headers = people[0].headers
    with fault(site) as port, gunicorn(**direct(port)) as other, ThreadPoolExecutor(4) as pool:
        asked = [
            pool.submit(send_request, at, "GET", "/api/profile", headers)
            for at in (site.port, other)
        ]
        jobs = [pool.submit(run, site), pool.submit(run, site, **direct(port))]
        answers, ends = [one.result() for one in asked], [one.result() for one in jobs]
    for name, seconds in {
        "web": max(answer.seconds for answer in answers),
        "jobs": max(seconds for *_, seconds in ends),
    }.items():
        record_property(name, f"after {seconds:.1f} s")
    for answer in answers:
        assert (answer.status, answer.retry_after) == (503, "5")
        assert answer.seconds < WEB.connect_timeout + SLACK
    for status, complaint, seconds in ends:
        assert (status, complaint.count("\n")) == (1, 1)
        assert seconds < JOBS.connect_timeout + SLACK
