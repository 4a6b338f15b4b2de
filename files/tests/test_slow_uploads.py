"""Uploads hold no server connection."""

import http.client
import threading
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.test import Client

from accounts.tests.people import make_user
from config.database.monitor.console import Console
from config.tests.processes import ServerLog, haproxy, superuser, wait_until
from files.models import File

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]

CLIENTS = 30
TOKEN = "x" * 32
SIZE = 100_000
START = (
    b"--limit\r\n"
    b'Content-Disposition: form-data; name="file"; filename="slow.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\n"
)
END = b"\r\n--limit--\r\n"


class Upload(threading.Thread):
    """Send half of a file, then a byte now and then until `hurry` is set, then the rest."""

    def __init__(self, port, session, hurry):
        super().__init__()
        self.port, self.hurry = port, hurry
        self.cookie = f"sessionid={session}; csrftoken={TOKEN}"
        self.sent, self.status = 0, None

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest("POST", "/api/files/upload")
        connection.putheader("Cookie", self.cookie)
        connection.putheader("X-CSRFToken", TOKEN)
        connection.putheader("Content-Type", "multipart/form-data; boundary=limit")
        connection.putheader("Content-Length", str(len(START) + SIZE + len(END)))
        connection.endheaders(START)
        self.send(connection, SIZE // 2)
        while not self.hurry.wait(0.05):
            self.send(connection, 1)
        self.send(connection, SIZE - self.sent)
        connection.send(END)
        self.status = connection.getresponse().status
        connection.close()

    def send(self, connection, count):
        connection.send(b"a" * count)
        self.sent += count


@pytest.fixture
def session():
    client = Client()
    client.force_login(make_user())
    return client.cookies["sessionid"].value


@contextmanager
def slow_uploads(port, session):
    hurry = threading.Event()
    uploads = [Upload(port, session, hurry) for _ in range(CLIENTS)]
    for upload in uploads:
        upload.start()
    try:
        yield uploads
    finally:
        hurry.set()
        for upload in uploads:
            upload.join()


def count_busy_servers(console, connection):
    """Count the server connections that clients hold, and those that run a statement."""
    pools = [row for row in console.show("POOLS") if row["database"] != "pgbouncer"]
    doing = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND state <> 'idle'",
        [settings.POSTGRES["web"].user],
    ).fetchone()[0]
    return sum(int(row["sv_active"]) for row in pools), doing


def test_pool_is_idle_during_30_slow_uploads(session):
    # Large bodies get a quarter of the threads.
    with haproxy(threads=4 * CLIENTS, workers=1) as port, superuser() as connection:
        log = ServerLog()
        with slow_uploads(port, session) as uploads, Console(settings.POOLS["web"]) as console:
            # Each has read the session, its only statement before the body is read.
            wait_until(lambda: len(list_statements(log)) == CLIENTS, 30, "all uploads have started")
            # PostgreSQL logs statements when they start.
            wait_until(lambda: count_busy_servers(console, connection) == (0, 0), 5, "all are idle")
            target = [upload.sent + 20 for upload in uploads]
            samples = []
            while any(upload.sent < goal for upload, goal in zip(uploads, target, strict=True)):
                samples.append(count_busy_servers(console, connection))
        assert len(samples) >= 20
        assert set(samples) == {(0, 0)}
        assert [upload.status for upload in uploads] == [201] * CLIENTS
    assert File.objects.filter(size=SIZE).count() == CLIENTS


def list_statements(log):
    return [sql for sql in log.statements("ai4ceo web") if "accounts_session" in sql]
