"""PostgreSQL refuses connections, or its host drops them: the error comes soon."""

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
SLACK = 1.5  # seconds, in addition to the wait
PLACE = re.compile(r"\bhost=('[^']*'|\S+) port=\d+")
TIMED = """
import atexit, time
from accounts.models import User
began = time.monotonic()
atexit.register(lambda: print(time.monotonic() - began))
User.objects.exists()
"""


@contextmanager
def refuse_connections(site):
    """Stop PostgreSQL; yield a port on which nothing listens."""
    site.supervisor("stop", "postgres")
    try:
        yield free_port()
    finally:
        site.supervisor("start", "postgres")


@contextmanager
def drop_connections(site):
    """Point both PgBouncers at a port whose backlog is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(listener.getsockname()), redirect(site, port):
            yield port


@contextmanager
def redirect(site, port):
    before = {name: get_ini_path(site, name).read_text() for name in ("web", "jobs")}
    try:
        for name, text in before.items():
            reload(site, name, PLACE.sub(f"host=127.0.0.1 port={port}", text))
        yield
    finally:
        for name, text in before.items():
            reload(site, name, text)


def get_ini_path(site, name):
    return site.folder / f"var/pgbouncer/{name}.ini"


def reload(site, name, text):
    def count():
        return site.log(f"pgbouncer-{name}").count("got SIGHUP")

    before = count()
    get_ini_path(site, name).write_text(text)
    site.kill(f"pgbouncer-{name}", signal.SIGHUP)
    wait_until(lambda: count() > before, 30, f"PgBouncer {name} has reloaded")


def get_direct_environment(port):
    url = f"postgresql://nobody:none@127.0.0.1:{port}/none"
    names = ("POSTGRES_URL", "POSTGRES_JOBS_URL")
    return {"DATABASE_POOLING": "direct", "WEB_WORKERS": "1"} | dict.fromkeys(names, url)


def run(site, **environment):
    """Run a command that needs the database; return its status, error and seconds."""
    process = site.manage("shell", "--verbosity", "0", "--command", TIMED, **environment)
    seconds, error = process.communicate(timeout=60)
    return process.returncode, error, float(seconds)


@pytest.mark.parametrize("fault", [refuse_connections, drop_connections])
def test_error_comes_after_the_connect_timeout(site, people, fault, record_property):
    headers = people[0].headers
    with (
        fault(site) as port,
        gunicorn(**get_direct_environment(port)) as other,
        ThreadPoolExecutor(4) as pool,
    ):
        asked = [
            pool.submit(send_request, at, "GET", "/api/profile", headers)
            for at in (site.port, other)
        ]
        jobs = [pool.submit(run, site), pool.submit(run, site, **get_direct_environment(port))]
        answers, ends = [one.result() for one in asked], [one.result() for one in jobs]
    for name, seconds in {
        "web": max(answer.seconds for answer in answers),
        "jobs": max(seconds for *_, seconds in ends),
    }.items():
        record_property(name, f"after {seconds:.1f} s")
    for answer in answers:
        assert (answer.status, answer.retry_after) == (503, "5")
        assert answer.seconds < WEB.connect_timeout + SLACK
    for status, error, seconds in ends:
        assert (status, error.count("\n")) == (1, 1)
        assert seconds < JOBS.connect_timeout + SLACK
