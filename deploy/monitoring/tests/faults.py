"""Faults of a site, each as a block in which it lasts."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager

import psycopg
from django.conf import settings
from django.test import override_settings

from config.database.monitor.console import Console
from config.database.render.slots import render_wait
from config.tests.frozen import frozen
from config.tests.processes import get_status
from config.tests.traffic import send_request

WEB, JOBS = settings.POOLS["web"], settings.POOLS["jobs"]


def stop(program):
    @contextmanager
    def fault(site, people):
        site.supervisor("stop", program)
        try:
            yield
        finally:
            site.supervisor("start", program)

    return fault


def freeze(program):
    @contextmanager
    def fault(site, people):
        with frozen(site.pid(program)):
            yield

    return fault


@contextmanager
def pause_pools(site, people):
    site.run_command("pools", "pause")
    try:
        yield
    finally:
        site.run_command("pools", "resume")


def connect(site, pool):
    return psycopg.connect(**site.get_place(pool), autocommit=True)


def connect_directly(site, pool):
    """Connect to PostgreSQL itself with the pool's role."""
    return psycopg.connect(**(site.get_place(pool) | {"port": 5432}), autocommit=True)


@contextmanager
def repeat(count, act):
    """Run `act(is_over)` repeatedly in `count` threads, whatever the database answers."""
    is_over = threading.Event()

    def work():
        while not is_over.is_set():
            try:
                act(is_over)
            except psycopg.Error:
                is_over.wait(0.05)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


END_SLEEPERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE query LIKE 'SELECT pg_sleep%' AND pid <> pg_backend_pid()
"""


def sleep_in_pool(pool, count, seconds):
    """Have `count` clients run statements that take so long, one after the other."""

    @contextmanager
    def fault(site, people):
        def act(is_over):
            with connect(site, pool) as client:
                while not is_over.is_set():
                    client.execute(f"SELECT pg_sleep({seconds})")

        with repeat(count, act), site.superuser() as connection:
            yield
            connection.execute(END_SLEEPERS)

    return fault


hold_web = sleep_in_pool(WEB, WEB.max_connections, 14)
hold_jobs = sleep_in_pool(JOBS, JOBS.max_connections + 1, 3)
# Each client waits for longer than a second, and not for the two of the query wait.
make_requests_wait = sleep_in_pool(WEB, 26, 0.8)
make_clients_queue = sleep_in_pool(WEB, 16, 1.5)
use_nine_connections = sleep_in_pool(WEB, WEB.max_connections - 1, 1)


@contextmanager
def connect_around_the_pool(site, people):
    with ExitStack() as stack:
        for _ in range(WEB.count_backends() - 2 * WEB.max_connections + 6):
            stack.enter_context(connect_directly(site, WEB))
        yield


@contextmanager
def take_a_slot(site, people):
    with connect_directly(site, WEB) as connection:
        connection.execute(render_wait(WEB))
        yield


@contextmanager
def connect_again_and_again(site, people):
    def act(is_over):
        connect_directly(site, JOBS).close()
        is_over.wait(0.2)

    with repeat(1, act):
        yield


@contextmanager
def open_console(site, pool):
    lines = (site.folder / ".env").read_text().splitlines()
    key = dict(line.split("=", 1) for line in lines if "=" in line)["SECRET_KEY"]
    with (
        override_settings(PGBOUNCER_HOST=str(site.run_dir), SECRET_KEY=key),
        Console(pool) as console,
    ):
        yield console


@contextmanager
def keep_idle_connections(site, people):
    with open_console(site, WEB) as console:
        console.run("SET server_idle_timeout = 0")
        try:
            with connect(site, WEB) as client:
                client.execute("SELECT 1")
            yield
        finally:
            console.run("RELOAD")


UPLOAD = (
    b'--limit\r\nContent-Disposition: form-data; name="file"; filename="notes.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nAsk about the budget.\n\r\n--limit--\r\n"
)
MULTIPART = {"Content-Type": "multipart/form-data; boundary=limit"}


@contextmanager
def refuse_to_store(site, people):
    """Take the right to write into the folder of files away, while somebody uploads."""
    headers = people[0].headers | MULTIPART

    def upload(is_over):
        send_request(site.port, "POST", "/api/files/upload", headers, UPLOAD)
        is_over.wait(0.1)

    folder = site.folder / "var/files"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o500)
    try:
        with repeat(1, upload):
            yield
    finally:
        folder.chmod(0o700)


def open_files(site, person, is_over):
    get_status(site.port, "/files/", person.headers)
    is_over.wait(0.1)


@contextmanager
def break_a_page(site, people):
    """Make one page fail with a bug's 500."""
    with site.superuser() as connection:
        connection.execute("ALTER TABLE files_file RENAME user_id TO lost")
        try:
            with repeat(2, lambda is_over: open_files(site, people[0], is_over)):
                yield
        finally:
            connection.execute("ALTER TABLE files_file RENAME lost TO user_id")
